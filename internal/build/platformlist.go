package build

import (
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Epoch is the time on the image in seconds since 1970, as SOURCE_DATE_EPOCH has it.
func (s Spec) Epoch() string {
	if s.Created.IsZero() {
		return "0"
	}
	return strconv.FormatInt(s.Created.Unix(), 10)
}

// JoinPlatforms lists platforms as builders take them: linux/amd64,linux/arm64.
func JoinPlatforms(platforms []v1.Platform) string {
	var list []string
	for _, p := range platforms {
		list = append(list, p.String())
	}
	return strings.Join(list, ",")
}
