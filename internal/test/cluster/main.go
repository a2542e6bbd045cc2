package cluster

import (
	"context"
	"fmt"
	"os"
)

// Main runs a package's tests beside one cluster, which is given to use before they start, and returns the exit
// status. It is for TestMain:
//
//	var cluster *localcluster.Cluster
//
//	func TestMain(m *testing.M) {
//		os.Exit(localcluster.Main(m, localcluster.Options{}, func(c *localcluster.Cluster) { cluster = c }))
//	}
func Main(m interface{ Run() int }, opts Options, use func(*Cluster)) int {
	c, err := Start(context.Background(), opts)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer c.Stop()
	use(c)
	return m.Run()
}
