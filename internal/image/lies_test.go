package image_test

import (
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// lie is an image, honest or not, and what must be found about it.
type lie struct {
	name string
	push remote.Taggable
	want []v1.Platform // amd64 and arm64 unless said otherwise
	// find is "severity code architecture" of each finding, in order.
	find []string
}

// pair is an index of the same recipe for amd64 and arm64; make gets the CPU.
func pair(t testing.TB, make func(p v1.Platform) recipe) v1.ImageIndex {
	t.Helper()
	return indexOf(make(amd64).as(t, amd64), make(arm64).as(t, arm64))
}

// started is a recipe around a base with a shell and an app for its own CPU.
func started(p v1.Platform, app string, more files, start ...string) recipe {
	base := files{"bin/busybox", binaryFor(p.Architecture), "bin/sh", "-> busybox", "usr/bin/env",
		binaryFor(p.Architecture),
		"usr/bin/tini", binaryFor(p.Architecture), "opt/app", binaryFor(app)}
	return recipe{platform: p, layers: []files{base, more}, start: start,
		config: v1.Config{Env: []string{"PATH=/opt:/usr/bin:/bin"}}}
}

// wrong starts an amd64 app, whatever the platform.
func wrong(t testing.TB, more files, start ...string) v1.ImageIndex {
	return pair(t, func(p v1.Platform) recipe { return started(p, "amd64", more, start...) })
}

// right starts an app for its own platform.
func right(t testing.TB, more files, start ...string) v1.ImageIndex {
	return pair(t, func(p v1.Platform) recipe { return started(p, p.Architecture, more, start...) })
}

var (
	noted  = []string{"info binary-unchecked amd64"}
	caught = []string{"error binary-mismatch arm64"}
)

func honest(t testing.TB) []lie {
	own := func(p v1.Platform) recipe { return app(p, binaryFor(p.Architecture)) }
	packed := func(pack packing) v1.ImageIndex {
		return pair(t, func(p v1.Platform) recipe { r := own(p); r.pack = pack; return r })
	}
	armv6 := v1.Platform{OS: "linux", Architecture: "arm", Variant: "v6"}
	armv8 := v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}
	windows := v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.2031"}
	attested := entry(imageFor(t, unknown), &unknown)
	attested.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest"}
	chart := mutate.ConfigMediaType(oci(imageFor(t, v1.Platform{})), "application/vnd.cncf.helm.config.v1+json")
	site := func(p v1.Platform) recipe {
		return recipe{platform: p, layers: []files{{"srv/index.html", "<h1>hello</h1>", "srv/start.sh", "#!/bin/true\n"}}}
	}
	servers := []v1.Platform{{OS: "linux", Architecture: "s390x"}, {OS: "linux", Architecture: "ppc64le"}, {OS: "linux",
		Architecture: "riscv64"}}
	return []lie{
		{name: "two_binaries", push: packed(gzipped)},
		{name: "docker_media_types", push: mutate.IndexMediaType(indexOf(
			entry(docker(own(amd64).image(t)), &amd64), entry(docker(own(arm64).image(t)), &arm64)), types.DockerManifestList)},
		{name: "zstd_layers", push: packed(zstded)},
		{name: "plain_layers", push: packed(unpacked)},
		{name: "a_single_manifest", push: own(arm64).image(t), want: []v1.Platform{arm64}},
		{name: "nested_indexes", push: indexOf(entry(indexOf(own(amd64).as(t, amd64)), nil), entry(indexOf(own(arm64).as(t,
			arm64)), nil))},
		{name: "attestations", push: indexOf(own(amd64).as(t, amd64), own(arm64).as(t, arm64), attested)},
		{name: "a_chart_among_images", push: indexOf(entry(chart, nil), own(amd64).as(t, amd64), own(arm64).as(t, arm64))},
		{name: "arm_variants", push: indexOf(app(armv6, binaryFor("arm")).as(t, armv6), app(armv7, binaryFor("arm")).as(t,
			armv7)),
			want: []v1.Platform{armv6, armv7}},
		{name: "arm64_written_with_v8", push: indexOf(own(arm64).as(t, armv8)), want: []v1.Platform{arm64}},
		{name: "big_endian_and_others", push: indexOf(own(servers[0]).as(t, servers[0]), own(servers[1]).as(t, servers[1]),
			own(servers[2]).as(t, servers[2])),
			want: servers},
		{name: "windows_beside_linux", push: indexOf(own(amd64).as(t, amd64), own(arm64).as(t, arm64),
			recipe{platform: windows, start: []string{`C:\app.exe`}}.as(t, windows)),
			want: []v1.Platform{amd64, arm64, {OS: "windows", Architecture: "amd64"}}, find: noted},
		{name: "a_static_site", push: pair(t, site), find: noted},
		{name: "scripts_on_the_right_base", push: right(t, files{"entry.sh", "#!/bin/sh -e\nexec app --serve\n"},
			"/entry.sh")},
		{name: "an_interpreter_found_by_env", push: right(t, files{"entry", "#!/usr/bin/env sh\nexec /opt/app\n"}, "/entry")},
		{name: "exec_in_a_shell_command", push: right(t, nil, "/bin/sh", "-c", "cd /opt && exec ./app --port $PORT")},
		{name: "a_plain_shell_command", push: right(t, nil, "sh", "-c", "app --serve")},
		{name: "an_init_before_the_app", push: right(t, nil, "tini", "-g", "--", "app")},
		{name: "a_script_that_runs_its_arguments", push: right(t, files{"entry.sh", "#!/bin/sh\nset -e\nexec \"$@\"\n"},
			"/entry.sh", "app")},
		{name: "a_relative_command", push: pair(t, func(p v1.Platform) recipe {
			r := started(p, p.Architecture, nil, "./app")
			r.config.WorkingDir = "/opt"
			return r
		})},
		{name: "a_wrong_file_that_is_whited_out", push: pair(t, func(p v1.Platform) recipe {
			r := app(p, binaryFor("s390x"))
			r.layers = append(r.layers, files{".wh.app", ""}, files{"app", "-> real", "real", binaryFor(p.Architecture)})
			return r
		})},
		{name: "a_wrong_file_that_is_not_started", push: right(t, files{"opt/other", binaryFor("s390x")}, "/opt/app")},
		{name: "a_cpu_that_elf_does_not_know", push: app(v1.Platform{OS: "linux", Architecture: "wasm"}, "\x00asm").image(t),
			want: []v1.Platform{{OS: "linux", Architecture: "wasm"}}, find: []string{"info binary-unchecked wasm"}},
		{name: "no_command", push: pair(t, func(p v1.Platform) recipe { r := own(p); r.start = nil; return r }), find: noted},
		{name: "a_command_that_is_not_there", push: right(t, nil, "/mounted/later"), find: noted},
		{name: "a_command_from_a_variable", push: wrong(t, nil, "sh", "-c", "exec $APP"), find: noted},
		{name: "a_script_that_chooses_by_cpu", push: wrong(t, files{"entry.sh",
			"#!/bin/sh\nif [ $(uname -m) = aarch64 ]; then exec /opt/other; fi\nexec /opt/app\n"},
			"/entry.sh"), find: noted},
	}
}

func lying(t testing.TB) []lie {
	own := func(p v1.Platform) recipe { return app(p, binaryFor(p.Architecture)) }
	armv6 := v1.Platform{OS: "linux", Architecture: "arm", Variant: "v6"}
	build := func(version string) v1.Platform {
		return v1.Platform{OS: "windows", Architecture: "amd64", OSVersion: version}
	}
	holds := func(content string) v1.ImageIndex {
		return indexOf(own(amd64).as(t, amd64), app(arm64, content).as(t, arm64))
	}
	twin := func(p v1.Platform) recipe { return app(p, binaryFor("amd64")) }
	repacked := twin(arm64)
	repacked.pack = zstded
	return []lie{
		{name: "an_index_without_arm64", push: indexOf(own(amd64).as(t, amd64)),
			find: []string{"error platform-missing arm64"}},
		{name: "a_single_manifest_for_two", push: own(amd64).image(t), find: []string{"error platform-missing arm64"}},
		{name: "a_config_for_another_cpu", push: indexOf(own(amd64).as(t, amd64), app(amd64, binaryFor("arm64")).as(t,
			arm64)),
			find: []string{"error platform-mismatch arm64"}},
		{name: "a_config_for_another_system", push: indexOf(own(amd64).as(t, amd64), app(v1.Platform{OS: "freebsd",
			Architecture: "arm64"}, binaryFor("arm64")).as(t, arm64)),
			find: []string{"error platform-mismatch arm64"}},
		{name: "a_config_for_another_variant", push: indexOf(app(armv6, binaryFor("arm")).as(t, armv7)),
			want: []v1.Platform{armv7},
			find: []string{"error platform-mismatch arm"}},
		{name: "a_config_for_another_windows", push: indexOf(recipe{platform: build("10.0.17763.1")}.as(t,
			build("10.0.20348.1"))),
			want: []v1.Platform{build("10.0.20348.1")}, find: []string{"error platform-mismatch amd64",
				"info binary-unchecked amd64"}},
		{name: "a_binary_for_another_cpu", push: holds(binaryFor("riscv64")), find: caught},
		{name: "a_binary_for_32_bit_arm", push: holds(binaryFor("arm")), find: caught},
		{name: "a_binary_of_the_other_byte_order", push: indexOf(app(v1.Platform{OS: "linux", Architecture: "ppc64le"},
			binaryFor("ppc64")).as(t, v1.Platform{OS: "linux", Architecture: "ppc64le"})),
			want: []v1.Platform{{OS: "linux", Architecture: "ppc64le"}}, find: []string{"error binary-mismatch ppc64le"}},
		{name: "a_binary_for_386", push: indexOf(app(amd64, binaryFor("386")).as(t, amd64)), want: []v1.Platform{amd64},
			find: []string{"warning binary-mismatch amd64"}},
		{name: "a_binary_for_x32", push: app(amd64, binaryFor("x32")).image(t), want: []v1.Platform{amd64},
			find: []string{"error binary-mismatch amd64"}},
		{name: "a_binary_for_a_cpu_without_a_name", push: holds(binaryFor("sparc64")), find: caught},
		{name: "a_binary_cut_short", push: holds(binaryFor("arm64")[:30]), find: caught},
		{name: "a_binary_of_macos", push: holds("\xcf\xfa\xed\xfe\x0c\x00\x00\x01" + strings.Repeat("\x00", 64)),
			find: caught},
		{name: "a_binary_of_windows", push: holds("MZ\x90\x00" + strings.Repeat("\x00", 64)), find: caught},
		{name: "a_script_without_interpreter", push: holds("echo hello\n"), find: caught},
		{name: "a_binary_nobody_asked_for", push: holds(binaryFor("amd64") + "\x00"), want: []v1.Platform{amd64},
			find: []string{"warning binary-mismatch arm64"}},
		{name: "a_wrong_file_over_the_right_one", push: indexOf(own(amd64).as(t, amd64), recipe{platform: arm64,
			start:  []string{"/app"},
			layers: []files{{"app", binaryFor("arm64")}, {"app", binaryFor("amd64")}}}.as(t, arm64)), find: caught},
		{name: "a_wrong_binary_behind_links", push: wrong(t, files{"entry", "-> links/first", "links/first", "-> ../opt/app"},
			"/entry"), find: caught},
		{name: "a_wrong_binary_along_path", push: wrong(t, nil, "app"), find: caught},
		{name: "a_wrong_interpreter", push: indexOf(started(amd64, "amd64", files{"x", "#!/opt/app\n"}, "/x").as(t, amd64),
			started(arm64, "amd64", files{"x", "#!/opt/app\n"}, "/x").as(t, arm64)), find: caught},
		{name: "a_wrong_program_behind_exec", push: wrong(t, nil, "/bin/sh", "-c", "exec /opt/app --port 80"), find: caught},
		{name: "a_wrong_program_in_a_shell_command", push: wrong(t, nil, "sh", "-ec", "umask 022; PORT=80 app"),
			find: caught},
		{name: "a_wrong_program_behind_env", push: wrong(t, nil, "env", "A=b", "app"), find: caught},
		{name: "a_wrong_program_behind_init", push: wrong(t, nil, "/usr/bin/tini", "--", "/opt/app"), find: caught},
		{name: "a_wrong_program_as_arguments", push: wrong(t, files{"entry.sh", "#!/bin/sh\nset -e\nexec \"$@\"\n"},
			"/entry.sh", "app"), find: caught},
		{name: "a_wrong_base_for_scripts", push: indexOf(started(amd64, "amd64", files{"x.sh", "#!/bin/sh\n"}, "/x.sh").as(t,
			amd64),
			recipe{platform: arm64, start: []string{"/x.sh"}, layers: []files{{"bin/sh", binaryFor("amd64")}, {"x.sh",
				"#!/bin/sh\n"}}}.as(t, arm64)), find: caught},
		{name: "one_set_of_layers", push: pair(t, twin), find: []string{"error binary-mismatch arm64",
			"error identical-layers arm64"}},
		{name: "one_manifest_listed_twice", push: indexOf(entry(twin(amd64).image(t), &amd64), entry(twin(amd64).image(t),
			&arm64)),
			find: []string{"error platform-mismatch arm64", "error binary-mismatch arm64", "error identical-layers arm64"}},
		{name: "one_set_of_layers_packed_anew", push: indexOf(twin(amd64).as(t, amd64), repacked.as(t, arm64)),
			find: []string{"error binary-mismatch arm64", "error identical-layers arm64"}},
		{name: "one_set_of_layers_with_a_library", push: pair(t, func(p v1.Platform) recipe {
			return recipe{platform: p, layers: []files{{"srv/x", "data"}, {"usr/lib/libc.so", binaryFor("amd64")}}}
		}), find: []string{"error identical-layers arm64", "info binary-unchecked amd64"}},
	}
}

// docker gives an image Docker's media types.
func docker(img v1.Image) v1.Image {
	return mutate.ConfigMediaType(mutate.MediaType(img, types.DockerManifestSchema2), types.DockerConfigJSON)
}
