package report

import (
	"bytes"
	"fmt"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// PageLimit is the most bytes of an HTML report. One service takes some 150 kB
// of it.
const PageLimit = 2_000_000

// briefBytes are kept for each service that is still to come, so that large ones
// do not take the room of all others.
const briefBytes = 12_000

// HTML writes the comparison as one page that needs no network and no script,
// in light or dark as the reader prefers. It never exceeds [PageLimit]: the gravest
// services come first and whole, then come verdicts alone, and what has no room
// even for that is counted.
func HTML(c record.Comparison, o Options) ([]byte, error) {
	v := viewOf(c, o)
	services := gravest(c.Services)
	if len(services) > 1 {
		v.index(services)
	}
	frame, err := execute("head", v)
	if err != nil {
		return nil, err
	}
	foot, err := execute("foot", v)
	if err != nil {
		return nil, err
	}
	b := htmlBody{room: PageLimit - len(frame) - len(foot) - leftOutBytes}
	if err := b.services(services); err != nil {
		return nil, err
	}
	v.Left = b.left(services)
	for i := b.shown; i < len(v.Index); i++ {
		v.Index[i].Anchor = ""
	}
	return assemble(v, b.out.Bytes())
}

func (v *view) index(services []record.Service) {
	for i, s := range services[:min(len(services), mostIndexed)] {
		v.Index = append(v.Index, indexView{fmt.Sprintf("service-%d", i+1), mark(s.Verdict), clean(s.Name, nameWidth), budgetCount(s)})
	}
	if more := len(services) - mostIndexed; more > 0 {
		v.More = plural(more, "more service")
	}
}

// assemble puts the page together: its parts are whole templates, each escaped by
// itself.
func assemble(v view, body []byte) ([]byte, error) {
	head, err := execute("head", v)
	if err != nil {
		return nil, err
	}
	foot, err := execute("foot", v)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{head, body, foot}, nil), nil
}

func execute(name string, data any) ([]byte, error) {
	page, err := pageTemplate()
	if err != nil {
		return nil, fmt.Errorf("read the HTML report's templates: %w", err)
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, name, data); err != nil {
		return nil, fmt.Errorf("write the HTML report: %w", err)
	}
	return out.Bytes(), nil
}

// htmlBody collects the services that the page has room for.
type htmlBody struct {
	out   bytes.Buffer
	room  int
	shown int  // services, from the first
	full  bool // there was no room for one with all it has; what follows is less grave
}

// services adds them in order, as long as there is room.
func (b *htmlBody) services(all []record.Service) error {
	for i, s := range all {
		kept := briefBytes * min(len(all)-i-1, mostIndexed)
		if !b.full {
			whole, err := b.put("service", func() serviceView { return viewOfService(i, s) }, kept)
			if err != nil {
				return err
			}
			b.full = !whole
		}
		if b.full {
			brief, err := b.put("brief", func() serviceView { return briefView(i, s) }, 0)
			if err != nil || !brief {
				return err
			}
		}
		b.shown = i + 1
	}
	return nil
}

// put adds a section where it leaves room for what else is to come.
func (b *htmlBody) put(template string, view func() serviceView, kept int) (bool, error) {
	if b.room <= kept {
		return false, nil
	}
	section, err := execute(template, view())
	if err != nil || len(section) > b.room-kept {
		return false, err
	}
	b.out.Write(section)
	b.room -= len(section)
	return true, nil
}

// left says which services are not on the page.
func (b *htmlBody) left(all []record.Service) string {
	rest := all[b.shown:]
	if len(rest) == 0 {
		return ""
	}
	var counts []string
	for _, v := range gravity {
		n := 0
		for _, s := range rest {
			if s.Verdict == v {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, word(v)))
		}
	}
	return fmt.Sprintf("%s left out to keep this page below %s: %s. The JSON has all of them.",
		plural(len(rest), "service"), decimalBytes.print(PageLimit), list(counts))
}
