package kubelet

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets all observed cases run at once, however few CPUs there are: they spend their time waiting for
// back-offs, not computing.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "100"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
