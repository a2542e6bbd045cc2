package sandbox

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGitArguments(t *testing.T) {
	const none = ""
	for _, test := range []struct{ args, want string }{
		{"init", "init"}, {"checkout FETCH_HEAD", "checkout FETCH_HEAD"},
		{"submodule update --init --recursive", "submodule update --init --recursive"},
		{"remote add origin https://github.com/a/b.git", "remote add -- origin https://github.com/a/b.git"},
		{"remote add origin git@github.com:a/b", "remote add -- origin git@github.com:a/b"},
		{"remote add origin github.com:a/b", "remote add -- origin github.com:a/b"},
		{"remote add origin ssh://git@example.com:22/a/b", "remote add -- origin ssh://git@example.com:22/a/b"},
		{"fetch --depth=1 https://user:p%40ss@example.com/a v1.2",
			"fetch --depth=1 -- https://user:p%40ss@example.com/a v1.2"},
		{"fetch --depth=1 https://example.com/a refs/pull/1/head",
			"fetch --depth=1 -- https://example.com/a refs/pull/1/head"},
		{"fetch --depth=1 https://example.com/a HEAD", "fetch --depth=1 -- https://example.com/a HEAD"},

		{"remote add origin file:///a", none}, {"remote add origin http://example.com/a/b", none},
		{"remote add origin git://example.com/a/b", none},
		{"remote add origin ext::sh", none}, {"remote add origin a@ext::sh", none}, {"remote add origin -x", none},
		{"remote add origin /a/b", none},
		{"remote add origin a/b", none}, {"remote add origin ../a", none}, {"remote add origin git@-oProxyCommand=x:a", none},
		{"remote add origin ssh://-oProxyCommand=x/a", none}, {"remote add origin FILE:///a", none},
		{"remote add --mirror=x origin https://a/b", none},
		{"fetch --depth=1 https://example.com/a --upload-pack=x", none}, {"fetch --depth=1 https://example.com/a -x", none},
		{"fetch --depth=1 file:///a HEAD", none}, {"fetch --depth=1 https://example.com/a +refs/heads/*:refs/heads/*", none},
		{"fetch --upload-pack=x https://example.com/a HEAD", none}, {"fetch --depth=1 https://example.com/a", none},
		{"clone https://example.com/a", none}, {"config --global core.sshCommand x", none}, {"-c core.x=y init", none},
		{"", none},
	} {
		got, err := gitArguments(strings.Split(test.args, " "))
		if err != nil {
			got = nil
		}
		if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("git %s: %v\n%s", test.args, err, diff)
		}
	}
}
