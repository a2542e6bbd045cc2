package renderer

import (
	"os"
	"path/filepath"
)

// processName is the name under which the program is started to render.
const processName = "multiarch-deploy-renderer"

// init is the main function of the two programs that Run and kustomize start.
func init() {
	switch {
	case os.Args[0] == processName:
		results := os.Stdout
		os.Stdout = os.Stderr // what kustomize prints is no result
		os.Exit(serve(os.Stdin, results))
	case isGitGate(os.Args[0]):
		os.Exit(gitGate(os.Args[1:], filepath.Dir(os.Args[0]), os.Stderr))
	}
}
