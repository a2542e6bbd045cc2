// Package sandbox bounds what a process that renders can reach: its environment, git, its memory, what it prints.
package sandbox

import (
	"regexp"
	"strings"
)

// always are the variables that the child gets where nothing is fetched, too.
var always = regexp.MustCompile(`^(TMPDIR|TEMP|TMP|SYSTEMROOT|GOCOVERDIR)$`)

// toFetch are the variables without which git, ssh and the HTTP client cannot work, or by which a user configured them:
// https://git-scm.com/docs/git#_environment_variables. A repository decides which host is asked, so nothing else of a
// job reaches git, its helpers and hooks: no token, no input, no password in a variable of any name.
var toFetch = regexp.MustCompile(`^(PATH|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|XDG_CONFIG_HOME` +
	`|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|COMSPEC|PATHEXT|WINDIR` +
	`|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)` +
	`|SSH_AUTH_SOCK|SSH_AGENT_PID|SSH_ASKPASS|SSH_ASKPASS_REQUIRE` +
	`|GIT_ASKPASS|GIT_SSH|GIT_SSH_COMMAND|GIT_SSH_VARIANT|GIT_SSL_[A-Z_]+|GIT_PROXY_SSL_[A-Z_]+|GIT_EXEC_PATH` +
	`|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|PARAMETERS|COUNT|(KEY|VALUE)_[0-9]+))$`)

// Environment is that of the child. Names count in either case, as Windows and proxy variables have it.
func Environment(all []string, remoteFetch bool) []string {
	kept := []string{}
	for _, variable := range all {
		name, _, _ := strings.Cut(variable, "=")
		name = strings.ToUpper(name)
		if always.MatchString(name) || remoteFetch && toFetch.MatchString(name) {
			kept = append(kept, variable)
		}
	}
	return kept
}
