package kustomize

import (
	"bytes"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// addField writes a whole images field at the end of the document.
func (p *plan) addField() {
	newline := p.doc.newline()
	lines := append([]string{spaces(p.doc.root.Column-1) + "images:"}, p.blockEntries(p.doc.otherLayout(), 0, 0)...)
	text := strings.Join(lines, newline)
	at := len(p.doc.content)
	if marker := documentEnd.FindIndex(p.doc.content); marker != nil {
		at = marker[0]
	}
	if last := p.doc.lineAt(at); last.start < at { // no final line break before, and none after
		p.splices.add(at, at, newline+text)
		return
	}
	p.splices.add(at, at, text+newline)
}

var documentEnd = regexp.MustCompile(`(?m)^\.\.\.(?:\s|$)`)

// fillField gives entries to an images field that is null or [].
func (p *plan) fillField() error {
	colon, err := p.doc.afterColon(p.doc.imagesKey)
	if err != nil {
		return err
	}
	end, err := p.doc.pairEnd(p.doc.imagesKey, p.doc.images)
	if err != nil {
		return err
	}
	isList := p.doc.images.Kind == yaml.SequenceNode
	inFlow := p.doc.root.Style&yaml.FlowStyle != 0
	if isList && (inFlow || p.doc.lineAt(colon) != p.doc.lineAt(end)) { // brackets with room for a comment
		keys := p.doc.imagesKey.Style
		return p.insertFlow(p.doc.images, p.flowEntries(keys, keys, ""))
	}
	if inFlow {
		keys := p.doc.imagesKey.Style
		p.splices.add(colon, end, " ["+strings.Join(p.flowEntries(keys, keys, ""), ", ")+"]")
		return nil
	}
	if !p.doc.restIsBlank(end) || p.doc.lineAt(colon) != p.doc.lineAt(end) || bytes.ContainsAny(p.doc.content[colon:end], "&!") {
		return errForm
	}
	at := p.doc.lineAt(end).end
	texts := p.blockEntries(p.doc.otherLayout(), 0, 0)
	p.splices.add(colon, end, "")
	p.splices.add(at, at, p.doc.newline()+strings.Join(texts, p.doc.newline()))
	return nil
}
