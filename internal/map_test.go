package internal_test

import (
	"os"
	"strings"
	"testing"
)

func TestMap_names_every_package(t *testing.T) {
	content, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"", "test/"} {
		entries, err := os.ReadDir("./" + folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if name := folder + entry.Name(); entry.IsDir() && name != "test" &&
				!strings.Contains(string(content), "//\t"+name+" ") {
				t.Errorf("doc.go does not name %s; it is the map that a newcomer reads first", name)
			}
		}
	}
}
