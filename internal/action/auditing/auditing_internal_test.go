package auditing

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/multiarch-deploy/multiarch-deploy/internal/audit"
	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/image/newer"
	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement"
	"github.com/multiarch-deploy/multiarch-deploy/internal/placement/landing"
	"github.com/multiarch-deploy/multiarch-deploy/internal/pool"
	"github.com/multiarch-deploy/multiarch-deploy/internal/workloads"
)

func TestLaterPools_adds_one_where_nothing_has_the_architecture(t *testing.T) {
	node := func(architecture, system string) corev1.Node {
		return corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{corev1.LabelArchStable: architecture,
			corev1.LabelOSStable: system}}}
	}
	amd := node("amd64", "linux")
	of := func(source pool.Source, architecture string) pool.Pool {
		return pool.Pool{Source: source, Name: "p", OS: "linux", Architecture: architecture}
	}
	for _, test := range []struct {
		name     string
		expected []pool.Pool
		nodes    []corev1.Node
		pools    []pool.Pool
		want     []string
	}{
		{"neither_node_nor_pool", nil, []corev1.Node{amd}, nil, []string{"plain arm64"}},
		{"a_node", nil, []corev1.Node{amd, node("arm64", "linux")}, nil, nil},
		{"a_node_of_windows", nil, []corev1.Node{amd, node("arm64", "windows")}, nil, []string{"plain arm64"}},
		{"a_pool_without_nodes", nil, []corev1.Node{amd}, []pool.Pool{of(pool.AKS, "arm64")}, []string{"p arm64"}},
		{"a_pool_of_another", nil, []corev1.Node{amd}, []pool.Pool{of(pool.AKS, "amd64")},
			[]string{"p amd64", "plain arm64"}},
		{"what_is_expected_says_which", []pool.Pool{of(pool.Expected, "amd64")}, []corev1.Node{amd},
			[]pool.Pool{of(pool.Expected, "amd64")}, []string{"p amd64"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := &Audit{Options: Options{Config: inputs.Config{ExpectedNodes: test.expected}}}
			var got []string
			for _, p := range a.laterPools(test.nodes, test.pools) {
				got = append(got, p.Name+" "+p.Architecture)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPullLogins_are_tried_one_after_the_other(t *testing.T) {
	repository, err := name.NewRepository("registry.example.com/shop/cart")
	if err != nil {
		t.Fatal(err)
	}
	login := func(user string) authn.Authenticator { return authn.FromConfig(authn.AuthConfig{Username: user}) }
	first := login("first")
	for _, test := range []struct {
		name    string
		run     authn.Keychain
		secrets []authn.Authenticator
		want    []string
	}{
		{"nobody", authn.NewMultiKeychain(), nil, []string{""}},
		{"its_own", keychainOf{login("run")}, nil, []string{"run"}},
		{"its_own_before_the_secrets", keychainOf{login("run")}, []authn.Authenticator{first, login("second")},
			[]string{"run", "first", "second"}},
		{"the_secrets_before_nobody", authn.NewMultiKeychain(), []authn.Authenticator{first, first}, []string{"first", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			logins := &pullLogins{run: test.run, secrets: map[string][]authn.Authenticator{}}
			for _, secret := range test.secrets {
				logins.add(repository.String(), secret)
			}
			var got []string
			for round := 0; ; round++ {
				auth, err := logins.keychain(round).Resolve(repository)
				if err != nil {
					t.Fatal(err)
				}
				config, err := auth.Authorization()
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, config.Username); !logins.more(repository.Tag("v1"), round) {
					break
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("users (-want +got):\n%s", diff)
			}
		})
	}
}

type keychainOf struct{ authn.Authenticator }

func (k keychainOf) Resolve(authn.Resource) (authn.Authenticator, error) { return k.Authenticator, nil }

func TestNewerOf(t *testing.T) {
	for _, test := range []struct {
		name  string
		found newer.Result
		want  audit.Newer
	}{
		{"a_tag", newer.Result{Tag: "1.1", Looked: []string{"1.1"}, More: true},
			audit.Newer{Searched: true, Tag: "1.1", Looked: []string{"1.1"}}},
		{"no_tag", newer.Result{Looked: []string{"1.1"}}, audit.Newer{Searched: true, Looked: []string{"1.1"}}},
		{"no_version", newer.Result{Unversioned: true}, audit.Newer{Searched: true, Problem: "its tag names no version"}},
		{"too_many_tags", newer.Result{More: true},
			audit.Newer{Searched: true, Problem: "the repository has more tags than were listed"}},
		{"no_list", newer.Result{Err: errors.New("429"), More: true, Unversioned: true},
			audit.Newer{Searched: true, Problem: "429"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, newerOf(test.found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnreadSecrets_counts_those_that_are_forbidden(t *testing.T) {
	secrets := corev1.Resource("secrets")
	var wanted []types.NamespacedName
	for i := range 5 {
		wanted = append(wanted, types.NamespacedName{Namespace: "shop", Name: fmt.Sprint("s", i)})
	}
	found := unreadSecrets(wanted, []error{nil, apierrors.NewForbidden(secrets, "s1", nil),
		apierrors.NewNotFound(secrets, "s2"), apierrors.NewForbidden(secrets, "s3", nil), errors.New("no JSON")})
	var got []string
	for _, f := range found {
		got = append(got, string(f.Severity)+" "+f.Message)
	}
	want := []string{"info The image pull secret shop/s4 could not be read: no JSON.",
		"info 2 image pull secrets may not be read, such as shop/s1: images that need one are looked up without."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestGone_images_are_an_error_of_their_workloads has five workloads use an image that the registry has lost.
func TestGone_images_are_an_error_of_their_workloads(t *testing.T) {
	a := &Audit{references: []string{"gone", "here"}, known: map[string]audit.Image{
		"gone": {Reference: "gone", Gone: true, Problem: `image "gone" is not there`}, "here": {Known: true}}}
	for i := range 5 {
		obj := &unstructured.Unstructured{Object: map[string]any{}}
		obj.SetKind("Deployment")
		obj.SetName(fmt.Sprint("d", i))
		a.running = append(a.running, workloads.Workload{Object: obj})
		a.uses = append(a.uses, use{images: []string{"gone", "here"}})
		a.Verdicts = append(a.Verdicts, placement.Verdict{Images: []string{"gone", "here"},
			Architectures: map[string]landing.Outcome{"amd64": landing.Runs, "arm64": landing.Excluded}})
	}
	found := a.goneImages()
	const want = `image "gone" is not there. A node that does not have it already can't start Deployment d0, ` +
		"Deployment d1, Deployment d2 and 2 more."
	if len(found) != 1 || found[0].Message != want || found[0].Severity != finding.Error {
		t.Errorf("found %+v, want one error: %s", found, want)
	}
	a.noNodeCanPull()
	outcomes := map[string]landing.Outcome{"amd64": landing.PullFails, "arm64": landing.Excluded}
	if diff := cmp.Diff(outcomes, a.Verdicts[4].Architectures); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestIncomplete_names_all_that_is_missing(t *testing.T) {
	a := &Audit{unread: []string{"pods: forbidden", "registry x can't be reached"}}
	if err := a.Incomplete(); err == nil || !strings.HasSuffix(err.Error(),
		": pods: forbidden; registry x can't be reached") {
		t.Errorf("%v, want both named", err)
	}
	if err := (&Audit{}).Incomplete(); err != nil {
		t.Errorf("%v where nothing is missing", err)
	}
}
