package buildkit

import "strings"

// hiding replaces secrets, which a RUN can print. A secret of several lines is hidden line by line.
func hiding(secrets map[string]string) *strings.Replacer {
	var pairs []string
	for _, value := range secrets {
		for line := range strings.Lines(value) {
			if line = strings.TrimSpace(line); line != "" {
				pairs = append(pairs, line, "***")
			}
		}
	}
	return strings.NewReplacer(pairs...)
}
