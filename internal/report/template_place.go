package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// pageWriter writes a page and knows where in its markup the next byte stands, from
// the literal text of the templates alone: values never change it.
type pageWriter struct {
	out       io.Writer
	state     markup
	name      []byte // of the element or attribute being read, in lower case
	element   string // whose tag is open, or whose raw text this is
	attribute string // whose value this is
	before    []byte // what stands in the value so far
}

// markup is the kind of place a byte stands in.
type markup int

const (
	inText markup = iota
	inTagName
	inTag
	inAttributeName
	afterEquals
	inValue // between double quotes; values of other forms are not written here
	inRaw   // in an element whose content is no markup
	inOther // in a declaration such as <!doctype>
)

// raw are the elements whose content is no markup, and where no value may stand.
var raw = []string{"style", "script", "textarea", "noscript", "iframe", "template", "xmp"}

// literal writes the template's own text.
func (p *pageWriter) literal(text []byte) error {
	for _, b := range text {
		if err := p.next(b); err != nil {
			return err
		}
	}
	_, err := p.out.Write(text)
	return err
}

// next moves on by one byte.
func (p *pageWriter) next(b byte) error {
	switch p.state {
	case inText:
		if b == '<' {
			p.state, p.name = inTagName, nil
		}
	case inTagName:
		return p.tagName(b)
	case inTag, inAttributeName:
		return p.tag(b)
	case afterEquals:
		if b != '"' {
			return fmt.Errorf("the value of %s does not stand between double quotes", p.attribute)
		}
		p.state, p.before = inValue, nil
	case inValue:
		if b == '"' {
			p.state, p.name = inTag, nil
			return nil
		}
		p.before = append(p.before, b)
	case inRaw:
		end := "</" + p.element
		p.name = append(p.name[max(len(p.name)-len(end), 0):], lower(b))
		if strings.HasSuffix(string(p.name), end) {
			p.state, p.element, p.name = inTag, "/", nil
		}
	case inOther:
		if b == '>' {
			p.state = inText
		}
	}
	return nil
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func (p *pageWriter) tagName(b byte) error {
	switch {
	case b == '!' && len(p.name) == 0:
		p.state = inOther
	case b == '>', b == ' ', b == '\n', b == '\t', b == '/' && len(p.name) > 0:
		p.element, p.state, p.name = string(p.name), inTag, nil
		return p.tag(b)
	default:
		p.name = append(p.name, lower(b))
	}
	return nil
}

func (p *pageWriter) tag(b byte) error {
	switch b {
	case '>':
		p.state, p.name = inText, nil
		if slices.Contains(raw, p.element) {
			p.state = inRaw
		}
	case '=':
		p.attribute, p.state = string(p.name), afterEquals
	case ' ', '\n', '\t', '/':
		p.state, p.name = inTag, nil
	default:
		p.state, p.name = inAttributeName, append(p.name, lower(b))
	}
	return nil
}

// value writes a value of the data, escaped for its place.
func (p *pageWriter) value(text string) error {
	switch {
	case p.state == inValue && p.attribute == "href":
		text = p.reference(text)
	case p.state == inValue && !plainAttribute(p.attribute):
		return fmt.Errorf("no value may stand in the attribute %s", p.attribute)
	case p.state == inValue:
		p.before = append(p.before, 'x')
	case p.state != inText:
		return errors.New("no value may stand here")
	}
	_, err := pageEscaper.WriteString(p.out, text)
	return err
}

// plainAttribute reports whether an attribute holds text that does nothing:
// neither a style, nor an address, nor a script. What follows data- is held to
// the same, as html/template has it.
func plainAttribute(name string) bool {
	name = strings.TrimPrefix(name, "data-")
	return !strings.HasPrefix(name, "on") && !slices.ContainsFunc(active, func(part string) bool { return strings.Contains(name, part) })
}

// active are parts of the names of attributes that hold more than text.
var active = []string{"style", "src", "url", "uri", "href", "action", "data", "xmlns", "http-equiv", "cite", "poster", "background", "manifest", "ping"}

// nowhere is the address for one that is not a web address.
const nowhere = "#ZgotmplZ"

// reference is a value as an address: the end of one on this page, or a whole web
// address.
func (p *pageWriter) reference(text string) string {
	defer func() { p.before = append(p.before, 'x') }()
	if len(p.before) > 0 && p.before[0] == '#' {
		return identifier(text, pageWidth)
	}
	if len(p.before) > 0 || !webAddress(text) {
		return nowhere
	}
	return text
}

// pageEscaper spells out what is markup in text or between quotes.
var pageEscaper = strings.NewReplacer("\x00", "\ufffd", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")
