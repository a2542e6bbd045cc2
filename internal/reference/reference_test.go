package reference

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/multiarch-deploy/multiarch-deploy/internal/object"
)

func TestOfPod_lists_what_it_cannot_start_without(t *testing.T) {
	for _, test := range []struct {
		name, spec string
		want       []string
	}{
		{"nothing", "containers: [{name: app}]", nil},
		{"variables", "containers: [{name: app, env: [{name: URL, valueFrom: {secretKeyRef: {name: db, key: url}}}, " +
			"{name: LOG, valueFrom: {configMapKeyRef: {name: log, key: level}}}]}]",
			[]string{"Secret db by variable URL of container app [url]",
				"ConfigMap log by variable LOG of container app [level]"}},
		{"keys_of_a_volume", "{volumes: [{name: a, secret: {secretName: tls, items: [{key: crt, path: c}, {key: key, path: " +
			"k}]}}, {name: b, projected: {sources: [{configMap: {name: conf, items: [{key: app, path: a}]}}]}}]}",
			[]string{"Secret tls by volume a [crt key]", "ConfigMap conf by volume b [app]"}},
		{"keys_of_several", "containers: [{name: app, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: a}}}, " +
			"{name: B, valueFrom: {secretKeyRef: {name: db, key: b}}}]}]",
			[]string{"Secret db by variable A of container app [a b]"}},
		{"optional", "containers: [{name: app, env: [{name: URL, valueFrom: {secretKeyRef: {name: db, key: url, " +
			"optional: true}}}], envFrom: [{configMapRef: {name: env, optional: true}}]}]", nil},
		{"all_of_one", "initContainers: [{name: init, envFrom: [{secretRef: {name: env}}]}]",
			[]string{"Secret env by envFrom of container init"}},
		{"volumes", "volumes: [{name: a, secret: {secretName: tls}}, {name: b, configMap: {name: conf}}, {name: c, " +
			"persistentVolumeClaim: {claimName: data}}, {name: d, projected: {sources: [{secret: {name: key}}]}}]",
			[]string{"Secret tls by volume a", "ConfigMap conf by volume b", "PersistentVolumeClaim data by volume c",
				"Secret key by volume d"}},
		{"a_class", "volumes: [{name: a, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: fast}}}}]",
			[]string{"StorageClass fast by volume a"}},
		{"an_account", "serviceAccountName: web", []string{"ServiceAccount web by serviceAccountName"}},
		{"what_each_namespace_has", "{serviceAccountName: default, volumes: [{name: a, configMap: {name: " +
			"kube-root-ca.crt}}]}", nil},
		{"once", "volumes: [{name: a, secret: {secretName: tls}}, {name: b, secret: {secretName: tls}}]",
			[]string{"Secret tls by volume a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var spec corev1.PodSpec
			if err := yaml.UnmarshalStrict([]byte(test.spec), &spec); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, brief(OfPod(spec, "shop"))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOfClaims_lists_storage_classes(t *testing.T) {
	for _, test := range []struct {
		name, object string
		want         []string
	}{
		{"a_claim", "{apiVersion: v1, kind: PersistentVolumeClaim, spec: {storageClassName: fast}}",
			[]string{"StorageClass fast by storageClassName"}},
		{"the_default_class", "{apiVersion: v1, kind: PersistentVolumeClaim, spec: {}}", nil},
		{"no_class", "{apiVersion: v1, kind: PersistentVolumeClaim, spec: {storageClassName: ''}}", nil},
		{"templates", "{apiVersion: apps/v1, kind: StatefulSet, spec: {volumeClaimTemplates: [{spec: {storageClassName: " +
			"fast}}, {spec: {storageClassName: fast}}]}}", []string{"StorageClass fast by a claim template"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var u unstructured.Unstructured
			if err := yaml.Unmarshal([]byte(test.object), &u.Object); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, brief(OfClaims(&u))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBrings_knows_the_deploy_and_makers_of_secrets(t *testing.T) {
	key := func(group, kind, name string) object.Key {
		return object.Key{GroupKind: schema.GroupKind{Group: group, Kind: kind}, Namespace: "shop", Name: name}
	}
	for _, test := range []struct {
		name              string
		deployed, missing object.Key
		want              bool
	}{
		{"itself", key("", "Secret", "db"), key("", "Secret", "db"), true},
		{"another", key("", "Secret", "dbs"), key("", "Secret", "db"), false},
		{"an_external_secret", key("external-secrets.io", "ExternalSecret", "x"), key("", "Secret", "db"), true},
		{"a_kind_of_a_cloud", key("sql.azure.com", "Server", "x"), key("", "ConfigMap", "db"), true},
		{"no_maker_of_accounts", key("external-secrets.io", "ExternalSecret", "x"), key("", "ServiceAccount", "a"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Brings(maps.Keys(map[object.Key]bool{test.deployed: true}), test.missing); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func brief(all []Reference) (list []string) {
	for _, r := range all {
		text := r.Kind + " " + r.Name + " by " + r.User
		var keys []string
		for _, w := range r.Wanted {
			keys = append(keys, w.Key)
		}
		if len(keys) > 0 {
			text += fmt.Sprint(" ", keys)
		}
		list = append(list, text)
	}
	return list
}
