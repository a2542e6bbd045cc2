package main

import (
	"strings"
	"testing"
)

func TestWrite_has_a_text_of_each_module(t *testing.T) {
	var out strings.Builder
	if err := write(&out, "../multiarch-deploy", []string{"linux/amd64", "windows/amd64"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nGo go1.", "\nk8s.io/client-go v", "\ngithub.com/moby/patternmatcher v", ": NOTICE\n",
		"Copyright (c) 2009 The Go Authors", "\ngithub.com/Microsoft/go-winio v", // Windows' alone
	} {
		if !strings.Contains("\n"+out.String(), want) {
			t.Errorf("want %q", want)
		}
	}
	if strings.Contains(out.String(), "github.com/multiarch-deploy/") {
		t.Error("the program's own module is none of a third party")
	}
}
