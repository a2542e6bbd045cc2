package action

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/multiarch-deploy/multiarch-deploy/internal/inputs"
)

// defaultCommand takes the command from the input of that name where a runner gives none as an argument.
func (p Program) defaultCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 || !p.onRunner() {
		return nil
	}
	wanted := cmp.Or(strings.TrimSpace(p.Getenv("INPUT_COMMAND")), inputs.Default("command"))
	for _, c := range commands {
		if known, _, _ := strings.Cut(c.use, " "); known == wanted {
			root.SetArgs([]string{wanted})
			return nil
		}
	}
	return inputs.Problems{fmt.Sprintf("command: %q is not one of run, build, plan, verify, rewrite", wanted)}
}
