package environment_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/multiarch-deploy/multiarch-deploy/internal/action/environment"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

func variables(pairs ...string) environment.Variables {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestVariables_of_a_run(t *testing.T) {
	type places struct{ Repository, Commit, Link, Inventory, API, GraphQL string }
	folder, err := filepath.Abs("deploy")
	if err != nil {
		t.Fatal(err)
	}
	run := []string{"GITHUB_REPOSITORY", "octo-org/shop", "GITHUB_SHA", "abc", "GITHUB_RUN_ID", "7"}
	for _, test := range []struct {
		name string
		env  environment.Variables
		want places
	}{
		{"on_a_runner", variables(run...), places{
			Repository: "https://github.com/octo-org/shop", Commit: "https://github.com/octo-org/shop/blob/abc",
			Link:      "\nRecorded by [run 7](https://github.com/octo-org/shop/actions/runs/7).\n",
			Inventory: "octo-org/shop:deploy", API: "https://api.github.com", GraphQL: "https://api.github.com/graphql"}},
		{"of_an_enterprise_server", variables(append(run, "GITHUB_SERVER_URL", "https://git.example.com", "GITHUB_API_URL",
			"https://git.example.com/api/v3/")...), places{
			Repository: "https://git.example.com/octo-org/shop", Commit: "https://git.example.com/octo-org/shop/blob/abc",
			Link:      "\nRecorded by [run 7](https://git.example.com/octo-org/shop/actions/runs/7).\n",
			Inventory: "octo-org/shop:deploy", API: "https://git.example.com/api/v3",
			GraphQL: "https://git.example.com/api/graphql"}},
		{"in_a_shell", variables(), places{Inventory: filepath.ToSlash(folder), API: "https://api.github.com",
			GraphQL: "https://api.github.com/graphql"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := test.env.GitHub("token")
			got := places{test.env.RepositoryPage(), test.env.CommitPage(), test.env.RunLink(),
				test.env.Inventory("./deploy/"), server.API, server.GraphQL}
			if diff := cmp.Diff(test.want, got); diff != "" || server.Token != "token" {
				t.Errorf("token %q (-want +got):\n%s", server.Token, diff)
			}
		})
	}
}

func TestSource_has_the_time_of_the_commit(t *testing.T) {
	source, err := variables("SOURCE_DATE_EPOCH", "1700000000", "GITHUB_SHA", "abc", "GITHUB_REF_NAME", "main").Source()
	if want := time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC); err != nil || !source.Created.Equal(want) ||
		source.Revision != "abc" || source.RefName != "main" {
		t.Errorf("%+v, %v; want it created at %s", source, err, want)
	}
	if source, err := variables("GITHUB_SHA", "abc").Source(); err != nil || !source.Created.IsZero() {
		t.Errorf("%+v, %v; want no time", source, err)
	}
	if _, err := variables("SOURCE_DATE_EPOCH", "yesterday", "GITHUB_SHA", "abc").Source(); err == nil {
		t.Error("a time that is none is taken")
	} else if !errors.As(err, new(inputs.Problems)) {
		t.Errorf("%v is no problem of the inputs", err)
	}
}

func TestKubeconfigs(t *testing.T) {
	list := string(filepath.ListSeparator)
	for _, test := range []struct {
		name string
		env  environment.Variables
		want []string
	}{
		{"named", variables("KUBECONFIG", "a"+list+"b", "HOME", "/home/me"), []string{"a", "b"}},
		{"at_home", variables("HOME", "/home/me"), []string{filepath.Join("/home/me", ".kube", "config")}},
		{"nowhere", variables(), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.env.Kubeconfigs()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBelow(t *testing.T) {
	for path, want := range map[string]string{"/work/space/a/b": "a/b", "/work/other/a": "/work/other/a",
		"/work/spaces": "/work/spaces", "/work/space": "."} {
		if got := environment.Below("/work/space", path); got != want {
			t.Errorf("%s is %s as later steps see it, want %s", path, got, want)
		}
	}
}
