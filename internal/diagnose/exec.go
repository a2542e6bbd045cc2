package diagnose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/multiarch-deploy/multiarch-deploy/internal/finding"
	"github.com/multiarch-deploy/multiarch-deploy/internal/platform"
)

var (
	// execError is what the kernel's ENOEXEC becomes in runc ("exec /app: exec format error"), dash ("exec: /app:
	// Exec format error"), bash ("/app: cannot execute binary file: Exec format error") and Go ("fork/exec /app: exec
	// format error").
	execError = regexp.MustCompile(`(?i)(\S+): (?:cannot execute binary file: )?exec format error`)
	// oldRuntime is runc before 1.1 ("standard_init_linux.go:228: exec user process caused: exec format error"),
	// which does not name the program.
	oldRuntime = regexp.MustCompile(`exec user process caused:? "?exec format error`)
	// readAsScript is busybox sh and dash, which read a program that the kernel refuses as a script, and stumble
	// over its first bytes.
	readAsScript = regexp.MustCompile(`(?i)(\S+): (?:line )?[12]: syntax error: (?:unexpected |word unexpected|unterminated|"\(" unexpected|"\)" unexpected)`)
)

// silentExits are the statuses with which a program for another CPU ends: 1 (runc 1.1), 255 (runc 1.2 to 1.5),
// 126 and 2 (shells).
var silentExits = []int32{1, 2, 126, 255}

// execFormat returns the finding for a container that died of a binary for another CPU, or nil. The log is the proof.
// Where no log is to be had, an image that cannot run on the node's CPU, and a status that fits, are proof enough.
func (c container) execFormat(exit *corev1.ContainerStateTerminated, log string) *finding.Finding {
	if exit.ExitCode == 0 {
		return nil
	}
	image := c.image()
	if oldRuntime.MatchString(log) {
		return c.wrongCPU(fmt.Sprintf("exec format error on %s.", c.program()), image,
			c.program()+" is for another CPU, or a script without a #! line")
	}
	if m := execError.FindStringSubmatch(log); m != nil {
		return c.wrongCPU(fmt.Sprintf("exec format error on %s.", m[1]), image,
			m[1]+" is for another CPU, or a script without a #! line")
	}
	if m := readAsScript.FindStringSubmatch(log); m != nil && exit.ExitCode == 2 {
		return c.wrongCPU(fmt.Sprintf("the shell cannot run %s and takes it for a script (exec format error).", m[1]), image,
			m[1]+" is for another CPU")
	}
	foreign := c.architecture != "" && len(image.Platforms) > 0 && !image.RunsOn(c.architecture)
	if log == "" && foreign && slices.Contains(silentExits, exit.ExitCode) {
		return c.wrongCPU(fmt.Sprintf("exited with status %d, as a binary for another CPU does (exec format error).",
			exit.ExitCode), image, "")
	}
	return nil
}

// program is what the container starts, as far as the pod says.
func (c container) program() string {
	switch {
	case len(c.Command) > 0:
		return c.Command[0]
	case len(c.Args) > 0:
		return "the image's entrypoint (args " + strings.Join(c.Args, " ") + ")"
	}
	return "the image's entrypoint"
}

// wrongCPU says what the image contains against what the node needs. Of an image that claims the node's platform, the
// mismatch is reported: a nodeSelector might not help then, but a rebuild does.
func (c container) wrongCPU(what string, image platform.Offer, lie string) *finding.Finding {
	reference := short(c.Image)
	switch {
	case c.architecture == "" || len(image.Platforms) == 0:
		what += fmt.Sprintf(" Image %s contains a binary for another CPU.", reference)
	case image.RunsOn(c.architecture):
		what += fmt.Sprintf(" Image %s claims to be for linux/%s, but %s.", reference, c.architecture, lie)
		fix := fmt.Sprintf("Rebuild the image for linux/%s: a base image pinned by one platform's digest, or a binary "+
			"copied from another build, are the usual causes.", c.architecture)
		return c.finding(finding.ExecFormatError, what, fix)
	default:
		what += fmt.Sprintf(" Image %s offers %s only.", reference, image)
	}
	return c.finding(finding.ExecFormatError, what, buildOrKeepAway(image, c.architecture))
}
