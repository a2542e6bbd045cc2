package controlplane

import (
	"fmt"
	"net/netip"
)

// The names of the components are also the program's own subcommands, see start.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
)

// etcdSocket and peerSocket are files in the components' directory: no port to find, and no other user of the
// machine gets at the store. etcd asks for the form host:port even here, and takes it as the file's name.
const (
	etcdSocket = "etcd:0"
	peerSocket = "peer:0"
)

// unthrottled lifts the limits of the components' own API clients, which are made for clusters that are shared.
func unthrottled() []string { return []string{"--kube-api-qps=1000", "--kube-api-burst=2000"} }

// etcdFlags make a store of one member. It need not survive a power cut, so it never waits for the disk.
func etcdFlags() []string {
	return []string{
		"--name=localcluster",
		"--data-dir=etcd",
		"--listen-client-urls=unix://" + etcdSocket,
		"--advertise-client-urls=unix://" + etcdSocket,
		"--listen-peer-urls=unix://" + peerSocket,
		"--initial-advertise-peer-urls=unix://" + peerSocket,
		"--initial-cluster=localcluster=unix://" + peerSocket,
		"--unsafe-no-fsync",
		"--log-level=warn",
	}
}

// apiServerFlags follow what AKS and GKE run with, as far as it shows to a client. Authentication is a file for the
// flag of that name, or empty.
func apiServerFlags(server netip.AddrPort, authentication string) []string {
	flags := []string{
		"--etcd-servers=unix://" + etcdSocket,
		"--bind-address=" + server.Addr().String(),
		fmt.Sprintf("--secure-port=%d", server.Port()),
		"--tls-cert-file=apiserver.crt",
		"--tls-private-key-file=apiserver.key",
		"--client-ca-file=ca.crt",
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction,PodNodeSelector,PodTolerationRestriction,ExtendedResourceToleration",
		"--allow-privileged=true",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-signing-key-file=service-account.key",
		"--service-account-key-file=service-account.key",
		"--kubelet-certificate-authority=ca.crt",
		"--kubelet-client-certificate=kubelet-client.crt",
		"--kubelet-client-key=kubelet-client.key",
		"--kubelet-preferred-address-types=InternalIP",
		// Endpoints may not hold a loopback address, so the Service "kubernetes" has none; naming the address at
		// all keeps the API server from asking for a default route, which a machine without a network lacks.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
	}
	if authentication != "" {
		flags = append(flags, "--authentication-config="+authentication)
	}
	return flags
}

// controllerManagerFlags run every controller that is on by default. The cloud's own are missing: localcluster
// gives nodes their pod addresses and Services their load balancers itself.
func controllerManagerFlags() []string {
	return append([]string{
		"--kubeconfig=controller-manager.kubeconfig",
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=service-account.key",
		"--root-ca-file=ca.crt",
		"--cluster-signing-cert-file=ca.crt",
		"--cluster-signing-key-file=ca.key",
		// An autoscaler of a cluster that was just made does not keep a test waiting for 15 seconds.
		"--horizontal-pod-autoscaler-sync-period=1s",
		"--leader-elect=false",
		"--secure-port=0",
	}, unthrottled()...)
}

func schedulerFlags() []string {
	return append([]string{
		"--kubeconfig=scheduler.kubeconfig",
		"--leader-elect=false",
		"--secure-port=0",
	}, unthrottled()...)
}
