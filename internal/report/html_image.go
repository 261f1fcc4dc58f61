package report

import (
	"slices"
	"time"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// RecordHTML writes what is known of one image as a page like that of HTML,
// with a picture of the image where its files were looked at.
func RecordHTML(r record.Record) ([]byte, error) {
	return execute("record.html", viewOfRecord(r))
}

type recordView struct {
	Image, Created, Tool string
	Facts                []factView
	Warnings             []warningView
	Metrics              []metricValueView
	Spread               bool          // of a metric is known
	Ladder               []sectionView // one, or none
	BuiltOn              string
	Picture              *picture
	Layers               []stackView
	LayersLeft           string
	Sections             []sectionView
}

type metricValueView struct{ Title, Value, Over string }

// stackView is one layer of one image.
type stackView struct{ Number, Compressed, Size, Files, Instruction string }

func viewOfRecord(r record.Record) recordView {
	v := recordView{
		Image: clean(r.Image, 2*imageWidth), Tool: clean(r.Tool, nameWidth), Warnings: warningViews(recordWarnings(r)),
		BuiltOn: capital(builtOn(r, onPage())), Sections: sectionViews(contentsOf(r, onPage())),
		Ladder: shownViews(ladderOf(r, onPage())),
	}
	if !r.Created.IsZero() {
		v.Created = r.Created.UTC().Format(time.RFC1123)
	}
	for _, f := range identity(r) {
		v.Facts = append(v.Facts, factView{f.name, clean(f.text, pageWidth)})
	}
	for _, m := range measured(r) {
		v.Metrics = append(v.Metrics, metricValueView{m.title, m.value, m.over})
		v.Spread = v.Spread || m.over != ""
	}
	for i, l := range r.Layers[:min(len(r.Layers), mostShownRows)] {
		v.Layers = append(v.Layers, stackView{layerNumber(i), layerSize(&l), imageBytes(float64(l.Size)), count(float64(l.Files)), clean(instruction(l.Instruction), pageWidth)})
	}
	v.LayersLeft = leftOf(len(r.Layers), "layer")
	if r.Contents != nil {
		v.Picture = contentsPicture(r.Contents.Tree)
	}
	return v
}

// sectionView is a section for the page.
type sectionView struct {
	Title, Rest string
	Columns     []columnView
	Rows        [][]cellView
	Entries     []string
	Notes       []string
}

type columnView struct {
	Title  string
	Number bool
}

type cellView struct {
	Name, Text   string // of the column, and in it
	Number, Code bool
}

func sectionViews(all []section) []sectionView {
	views := make([]sectionView, len(all))
	for i, s := range all {
		s.rows, s.entries = s.rows[:min(len(s.rows), mostShownRows)], s.entries[:min(len(s.entries), mostShownRows)]
		v := sectionView{Title: capital(s.title), Rest: s.rest(len(s.rows) + len(s.entries)), Entries: s.entries, Notes: boundedLines(s.notes)}
		for _, c := range s.columns {
			v.Columns = append(v.Columns, columnView{c.title, c.kind == numbers})
		}
		for _, row := range s.rows {
			cells := make([]cellView, len(row))
			for j, text := range row {
				cells[j] = cellView{s.columns[j].title, text, s.columns[j].kind == numbers, s.columns[j].kind >= names && text != ""}
			}
			v.Rows = append(v.Rows, cells)
		}
		views[i] = v
	}
	return views
}

// shownViews are the sections that have something to show.
func shownViews(all ...section) []sectionView {
	return sectionViews(slices.DeleteFunc(all, section.empty))
}

// growthView is what a comparison tells of the image: why the image grew, and its picture.
type growthView struct {
	Why      string
	Lines    []string
	Picture  *picture
	Sections []sectionView
}

// viewOfGrowth is nil where the files of the images were not looked at.
func viewOfGrowth(s record.Service) *growthView {
	if s.Growth == nil {
		return nil
	}
	return &growthView{
		Why: "Image " + whyOf(s, onPage()), Lines: boundedLines(origin(s, onPage())),
		Picture: growthPicture(s.Growth.Tree), Sections: sectionViews(sectionsOf(s, onPage())),
	}
}
