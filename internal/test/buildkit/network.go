package buildkit

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	docker "github.com/moby/moby/client"
)

// Engine is a Docker engine with a network.
type Engine struct {
	*docker.Client
	// Host is where it answers, as DOCKER_HOST has it.
	Host string
	// Machine is the address of this machine for the engine's containers, which reach no other.
	Machine string
}

//go:embed engine.sh
var ownNetwork string

// StartNetworkedEngine runs the machine's Docker engine until the test ends, in a network of its own. Its containers
// run in bridge networks, as on a runner. Those of images by LoadGolang and LoadRunner have this machine's Go.
func StartNetworkedEngine(t testing.TB) Engine {
	t.Helper()
	installed(t, "dockerd", "containerd", "runc", "docker", "iptables", "ip", "nsenter", "unshare")
	dir := shortDir(t)
	link, machine, inside := addresses()
	bin, env := goRunc(t, dir)
	command := []string{"unshare", "--net", "--mount", "sh", "-c", ownNetwork, "engine.sh", strconv.Itoa(os.Getpid()),
		link, machine, inside, bin, "env"}
	command = append(command, env...)
	client, host := startEngine(t, dir, append(command, "dockerd"))
	return Engine{Client: client, Host: host, Machine: machine}
}

// addresses are those of one link of two ends in 198.18.0.0/15, which no network has: it is for measuring devices.
// https://datatracker.ietf.org/doc/html/rfc2544#appendix-C.2.2
func addresses() (link, machine, engine string) {
	n := rand.IntN(1 << 15)
	address := func(end int) string {
		host := n<<2 + end
		return fmt.Sprintf("198.%d.%d.%d", 18+host>>16, host>>8&255, host&255)
	}
	return fmt.Sprintf("engine%d", n), address(1), address(2)
}
