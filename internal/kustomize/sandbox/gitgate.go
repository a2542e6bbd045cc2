package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Where fetching is allowed, kustomize starts git with the address and the ref that a kustomization names. It checks
// neither: a ref "--upload-pack=…" is an option to git, and an address file://… makes git run that on this machine. So
// what kustomize finds on its PATH as git is this program, which starts the real git with the arguments that it knows.

const (
	gatePrefix   = "multiarch-deploy-git-"
	realGit      = "MULTIARCH_DEPLOY_GIT"
	allowedGit   = "https:ssh" // https://git-scm.com/docs/git#Documentation/git.txt-GITALLOWPROTOCOL
	gateRefusals = 128
)

// RendererName is the name under which the program is started to render.
const RendererName = "multiarch-deploy-renderer"

// IsRenderer reports whether this process, by its name, was started to render, or by kustomize as git.
func IsRenderer(name string) bool { return name == RendererName || IsGitGate(name) }

// IsGitGate reports whether this process was started as git, through the gate.
func IsGitGate(name string) bool {
	return filepath.Base(name) == "git" && strings.HasPrefix(filepath.Base(filepath.Dir(name)), gatePrefix)
}

// OpenGitGate puts the gate before all else on this process's PATH. Without a git there is nothing to guard. It returns
// a folder to remove.
func OpenGitGate() (folder string, err error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return "", nil //nolint:nilerr // kustomize reports that there is no git, once it wants one
	}
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	if folder, err = os.MkdirTemp("", gatePrefix); err != nil {
		return "", fmt.Errorf("preparing to fetch with git: %w", err)
	}
	path := folder
	if all, found := os.LookupEnv("PATH"); found {
		path += string(os.PathListSeparator) + all
	}
	return folder, errors.Join(os.Symlink(program, filepath.Join(folder, "git")), os.Setenv("PATH", path),
		os.Setenv(realGit, git),
		os.Setenv("GIT_ALLOW_PROTOCOL", allowedGit), os.Setenv("GIT_TERMINAL_PROMPT", "0"))
}

// GitGate is git as kustomize starts it. It returns the exit status.
func GitGate(args []string, folder string, stderr io.Writer) int {
	checked, err := gitArguments(args)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return gateRefusals
	}
	git := exec.Command(os.Getenv(realGit), checked...)
	git.Env = slices.DeleteFunc(git.Environ(),
		func(variable string) bool { return strings.HasPrefix(variable, realGit+"=") })
	for i, variable := range git.Env { // git starts others of its own by the PATH
		git.Env[i] = strings.Replace(variable, "PATH="+folder+string(os.PathListSeparator), "PATH=", 1)
	}
	git.Stdout, git.Stderr = os.Stdout, stderr
	err = git.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintln(stderr, err)
		return gateRefusals
	}
	return 0
}

var (
	// gitAddress is https, or ssh in either of its forms: https://git-scm.com/docs/git-clone#URLS
	gitAddress = regexp.MustCompile(`^((https|ssh)://[^-/\s][^/\s]*/|([A-Za-z0-9._]+@)?[A-Za-z0-9][A-Za-z0-9._-]*:([^:/]|/[^/]))`)
	gitRef     = regexp.MustCompile(`^[^-\s:+*?^~\\\[][^\s:*?^~\\\[]*$`)
)

// gitArguments checks what kustomize gives to git, which is always one of these:
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.21.2/api/internal/git/cloner.go
func gitArguments(args []string) ([]string, error) {
	line := strings.Join(args, " ")
	switch {
	case line == "init", line == "checkout FETCH_HEAD", line == "submodule update --init --recursive":
		return args, nil
	case len(args) == 4 && strings.HasPrefix(line, "remote add origin "):
		return []string{"remote", "add", "--", "origin", args[3]}, checkAddress(args[3])
	case len(args) == 4 && strings.HasPrefix(line, "fetch --depth=1 "):
		if !gitRef.MatchString(args[3]) {
			return nil, fmt.Errorf("refused: %q is not the name of a branch, tag or commit", args[3])
		}
		return []string{"fetch", "--depth=1", "--", args[2], args[3]}, checkAddress(args[2])
	}
	return nil, fmt.Errorf("refused: git %s", line)
}

func checkAddress(address string) error {
	if !gitAddress.MatchString(address) {
		return fmt.Errorf("refused: %q; git repositories are fetched over https and ssh only", address)
	}
	return nil
}
