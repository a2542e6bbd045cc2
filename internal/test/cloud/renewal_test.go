package cloud_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/azure"
	"github.com/multiarch-deploy/multiarch-deploy/internal/identity/federation"
	"github.com/multiarch-deploy/multiarch-deploy/internal/runner"
	cloudtest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud"
	azuretest "github.com/multiarch-deploy/multiarch-deploy/internal/test/cloud/azure"
)

// TestRenewal_when_the_API_server_refuses: Entra says that its tokens live for an hour, and by the API server they have
// ended after two seconds. So no token is ever renewed for its age, and each renewal comes of a real 401.
func TestRenewal_when_the_API_server_refuses(t *testing.T) {
	t.Parallel()
	cloud := cloudtest.Start(t)
	azure := azuretest.New(cloud)
	azure.Life, azure.Told = 2*time.Second, time.Hour
	gateway := lead(t, cloud, azure)
	pushSample(t, azure.Registry+"/app:v1", as(cloud, "nodes", azuretest.NodePassword)...)
	t.Run("callers_side_by_side_share_one_renewal", func(t *testing.T) { sideBySide(t, cloud, azure, gateway) })
	t.Run("a_rollout_goes_on_with_its_watches", func(t *testing.T) {
		refused, minted := len(gateway.Refused()), azure.Minted(azuretest.AKSServer)
		j := newJob(t, cloud)
		j.write(t, "kustomization.yaml", "resources: [app.yaml]\n")
		j.write(t, "app.yaml", manifests)
		if status, _ := j.run(t, aksInputs(azure, "shop")); status != 0 {
			t.Errorf("status %d", status)
		}
		refused, minted = len(gateway.Refused())-refused, azure.Minted(azuretest.AKSServer)-minted
		t.Logf("%d tokens were refused", refused)
		// the run may end before its last renewal
		if over := minted - refused; refused < 1 || minted < 2 || over < 0 || over > 1 {
			t.Errorf("the API server refused %d tokens, and Entra gave out %d; want one for the sign-in, and one for each "+
				"that was refused", refused, minted)
		}
	})
}

// lead starts a cluster that lets in whom Entra names, behind a gateway that says which tokens it refuses.
func lead(t *testing.T, cloud *cloudtest.Cloud, azure *azuretest.Azure) *cloudtest.Gateway {
	t.Helper()
	cluster := startCluster(t, cloud, "aks", azure.Issuer, azuretest.AKSServer, "oid")
	config := way(t, cluster)
	const host = "shop-dns-0a1b2c3d.hcp.westeurope.azmk8s.io"
	azure.Cluster.Server, azure.Cluster.CA = "https://"+host+":443", cloud.CA
	prepare(t, cluster, "shop", azure)
	return cloud.Lead(t, host, "", config)
}

// sideBySide has many callers come at once with a token that has ended, half of them to read and half to write.
func sideBySide(t *testing.T, cloud *cloudtest.Cloud, stand *azuretest.Azure, gateway *cloudtest.Gateway) {
	client := signedIn(t, cloud, stand)
	time.Sleep(stand.Life + time.Second) // the API server has not seen the token yet, and tells its end by the second
	var callers sync.WaitGroup
	for i := range 10 {
		callers.Go(func() {
			if _, err := client.CoreV1().Pods("shop").List(t.Context(), metav1.ListOptions{}); err != nil {
				t.Error(err)
			}
		})
		callers.Go(func() {
			settings := corev1.ConfigMap(fmt.Sprint("settings-", i), "shop").WithData(map[string]string{"greeting": "hello"})
			applied, err := client.CoreV1().ConfigMaps("shop").Apply(t.Context(), settings,
				metav1.ApplyOptions{FieldManager: "test"})
			if err != nil || applied.Data["greeting"] != "hello" {
				t.Errorf("%v, %v", applied, err)
			}
		})
	}
	callers.Wait()
	refused := gateway.Refused()
	if minted := stand.Minted(azuretest.AKSServer); minted != 2 {
		t.Errorf("%d tokens were given out, want one for the sign-in and one renewal", minted)
	}
	if asked := cloud.GitHub.Asked(); len(asked) != 3 {
		t.Errorf("GitHub gave out %d ID tokens, want one for Azure Resource Manager, one for the cluster, and one for the "+
			"renewal", len(asked))
	}
	for token, callers := range refused {
		if len(refused) != 1 || callers < 2 {
			t.Errorf("%d callers were refused with %.20s..., one of %d tokens; want many with one", callers, token, len(refused))
		}
	}
}

// signedIn is a client of the cluster as a job has it.
func signedIn(t *testing.T, cloud *cloudtest.Cloud, stand *azuretest.Azure) *kubernetes.Clientset {
	t.Helper()
	env := cloud.Env()
	r := runner.New(t.Output(), func(name string) string { return env[name] }).WithHTTP(cloud.Client())
	account := azure.New(azure.Options{ClientID: stand.ClientID, TenantID: stand.TenantID, Cluster: stand.ClusterID()},
		federation.Job{IDToken: r.IDToken, Mask: r.Mask, Say: t.Logf, HTTP: cloud.Client(),
			Patience: federation.DefaultPatience()})
	config, err := account.Cluster(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config.Proxy = cloud.Client().Transport.(*http.Transport).Proxy
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
