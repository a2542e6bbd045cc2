package diagnose

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

// recordings are what real nodes showed; the local cluster's tests read them too.
const recordings = "../../testdata/observed"

var update = flag.Bool("update", false, "rewrite the golden files")

// outcome is what a machine reads off a judgement.
type outcome struct {
	Code      finding.Code
	Container string
	Permanent bool
}

// observed are the outcomes wanted for the pods that real nodes showed, by the letter their case starts with.
var observed = map[string]outcome{
	"a-single-arm64":               {finding.ExecFormatError, "c", true},
	"a-single-arm64-never":         {finding.ExecFormatError, "c", true},
	"a-single-arm64-onfailure":     {finding.ExecFormatError, "c", true},
	"a2-single-arm64-fallbacklogs": {finding.ExecFormatError, "c", true},
	"a3-digest-of-arm64-child":     {finding.ExecFormatError, "c", true},
	"b-index-arm64-only":           {finding.PlatformMissing, "c", true},
	"c1-index-lies":                {finding.ExecFormatError, "c", true},
	"c2-index-and-config-lie":      {finding.ExecFormatError, "c", true},
	"d-tag-missing":                {finding.ImageNotFound, "c", true},
	"d2-repo-missing":              {finding.ImageNotFound, "c", true},
	"e-script-exec":                {finding.ExecFormatError, "c", true},
	"e2-script-child":              {finding.ExecFormatError, "c", true},
	"e3-script-bash":               {finding.ExecFormatError, "c", true},
	"e4-script-dash":               {finding.ExecFormatError, "c", true},
	"f-init-wrong":                 {finding.ExecFormatError, "i", true},
	"f2-init-index-arm64-only":     {finding.PlatformMissing, "i", true},
	"g-second-container-wrong":     {finding.ExecFormatError, "side", true},
	"g2-native-sidecar-wrong":      {finding.ExecFormatError, "side", true},
	"h-no-such-file":               {finding.CrashLoop, "c", true},
	"j-job-9zf9w":                  {finding.ExecFormatError, "c", true},
	"j-job-sbxct":                  {finding.ExecFormatError, "c", true},
	"j-job-2nvwp":                  {finding.ExecFormatError, "c", true},
	"j-job-bkq7g":                  {finding.ExecFormatError, "c", true},
	"k-exec-probe":                 {finding.Unhealthy, "c", true},
	"k2-poststart":                 {finding.Unhealthy, "c", false},
	"z-good":                       {},
	"dep-858c596c4d-77jlm":         {},
	"dep-858c596c4d-scgrr":         {},
	"dep-858c596c4d-n2d64":         {finding.ExecFormatError, "c", true},
	"dep-858c596c4d-vvstb":         {finding.ExecFormatError, "c", true}, // running and ready at that moment
	"ds-4x6pt":                     {},
	"ds-wrdxh":                     {},
	"ds-arm-image-f9ktt":           {},
	"ds-arm-image-nxdg9":           {finding.ExecFormatError, "c", true},
}

func TestPod_on_everything_that_real_nodes_showed(t *testing.T) {
	var golden strings.Builder
	for _, dir := range cases(t) {
		pod, ev := load(t, dir)
		got := Pod(t.Context(), pod, ev)
		if diff := cmp.Diff(observed[filepath.Base(dir)], reduce(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", dir, diff)
		}
		if f := got.Finding; f != nil {
			fmt.Fprintf(&golden, "== %s\n%s\n-- fix\n%s\n\n", strings.TrimPrefix(filepath.ToSlash(dir), recordings+"/"),
				f.Message, f.Fix)
		}
	}
	compareGolden(t, "testdata/observed.golden", golden.String())
}

// A deployer may lack the permission to read logs, and may not have looked at the image. Each alone is enough for what
// a single manifest of the wrong CPU does.
func TestPod_with_half_the_evidence(t *testing.T) {
	for _, dir := range cases(t) {
		want := observed[filepath.Base(dir)]
		if want.Code != finding.ExecFormatError {
			continue
		}
		pod, ev := load(t, dir)
		withoutImage := ev
		withoutImage.Image = nil
		if diff := cmp.Diff(want, reduce(Pod(t.Context(), pod, withoutImage))); diff != "" {
			t.Errorf("%s without image (-want +got):\n%s", dir, diff)
		}
		c := containersOf(pod, ev)[0]
		if c.image().RunsOn(c.architecture) {
			continue
		}
		withoutLog := ev
		withoutLog.Log = func(context.Context, *corev1.Pod, string, bool) (string, error) {
			return "",
				errors.New("forbidden")
		}
		if diff := cmp.Diff(want, reduce(Pod(t.Context(), pod, withoutLog))); diff != "" {
			t.Errorf("%s without log (-want +got):\n%s", dir, diff)
		}
	}
}

func reduce(j finding.Diagnosis) outcome {
	if j.Finding == nil {
		return outcome{}
	}
	return outcome{j.Finding.Code, j.Finding.Container, j.Permanent}
}

func cases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(recordings + "/*/*/pod.json")
	if err != nil || len(files) < len(observed) {
		t.Fatalf("found %d cases, want %d at least: %v", len(files), len(observed), err)
	}
	dirs := make([]string, len(files))
	for i, file := range files {
		dirs[i] = filepath.Dir(file)
	}
	return dirs
}

// load reads a case as Pod would see it in a live cluster.
func load(t *testing.T, dir string) (*corev1.Pod, Evidence) {
	t.Helper()
	var pod corev1.Pod
	var events corev1.EventList
	decode(t, filepath.Join(dir, "pod.json"), &pod)
	decode(t, filepath.Join(dir, "events.json"), &events)
	var warnings []corev1.Event
	for _, e := range events.Items {
		if e.Type == corev1.EventTypeWarning {
			warnings = append(warnings, e)
		}
	}
	return &pod, Evidence{
		Log:    logOf(t, dir),
		Image:  imageOf,
		Nodes:  []corev1.Node{nodeOf("n-amd64", "amd64"), nodeOf("n-amd64b", "amd64"), nodeOf("n-arm64", "arm64")},
		Events: warnings,
	}
}

func decode(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var transcript = regexp.MustCompile(`(?s)\$ kubectl logs \S+ -c (\S+) (--previous)?\n(.*?)\[rc=(\d)\]`)

// logOf reads a transcript of kubectl logs, or a file with nothing but a log.
func logOf(t *testing.T, dir string) func(context.Context, *corev1.Pod, string, bool) (string, error) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "logs.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return func(_ context.Context, _ *corev1.Pod, container string, previous bool) (string, error) {
		if !strings.HasPrefix(string(data), "$ ") {
			return string(data), nil
		}
		for _, m := range transcript.FindAllStringSubmatch(string(data), -1) {
			if m[1] == container && (m[2] != "") == previous && m[4] == "0" {
				return m[3], nil
			}
		}
		return "", errors.New("the server refused")
	}
}

func imageOf(reference string) (platform.Offer, bool) {
	amd64, arm64 := v1.Platform{OS: "linux", Architecture: "amd64"}, v1.Platform{OS: "linux", Architecture: "arm64"}
	unknown := v1.Platform{OS: "unknown", Architecture: "unknown"}
	image, ok := map[string]platform.Offer{
		"base:amd64": {Platforms: []v1.Platform{amd64}},
		"base:arm64": {Platforms: []v1.Platform{arm64}},
		"base:multi": {Index: true, Platforms: []v1.Platform{amd64, arm64}},
		"base@sha256:0470ce63f5525e832eae8c795054f77069d98d8be76b0d62b63aec13636e8093": {Platforms: []v1.Platform{arm64}},
		"t/b-arm64only:1":     {Index: true, Platforms: []v1.Platform{arm64, unknown}},
		"t/c1-index:1":        {Index: true, Platforms: []v1.Platform{amd64}},
		"t/c2-index:1":        {Index: true, Platforms: []v1.Platform{amd64}},
		"t/e-script:1":        {Platforms: []v1.Platform{amd64}},
		"t/e-script:raw":      {Platforms: []v1.Platform{amd64}},
		"t/e-script-noexec:1": {Platforms: []v1.Platform{amd64}},
		"t/e-bash:1":          {Platforms: []v1.Platform{amd64}},
		"t/e-dash:1":          {Platforms: []v1.Platform{amd64}},
	}[strings.TrimPrefix(reference, "127.0.0.1:5000/")]
	return image, ok
}

func nodeOf(name, architecture string, taints ...corev1.Taint) corev1.Node {
	return corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelArchStable: architecture}},
		Spec:       corev1.NodeSpec{Taints: taints},
	}
}

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
