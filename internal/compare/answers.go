package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-ci/plimsoll/internal/record"
)

// answersApart is the share of the answers from which on it tells two images apart
// that they were of another class: succeeded, redirected, refused.
const answersApart = 0.01

// mostStatuses is how many statuses of a side are named.
const mostStatuses = 3

// otherAnswers tells of images that answer the same requests otherwise, and well
// enough for the load: an image that has lost its routes answers with 404, fast and
// at little cost. It is "" where they do not.
func otherAnswers(s record.Service) string {
	base, head := answers(s.Base.Trials), answers(s.Head.Trials)
	was, is := total(base), total(head)
	if was == 0 || is == 0 {
		return ""
	}
	for class := 1; class <= 9; class++ {
		if math.Abs(float64(ofClass(base, class))/float64(was)-float64(ofClass(head, class))/float64(is)) >= answersApart {
			return fmt.Sprintf("%s: base answers the load with %s and head with %s: what they cost is not the cost of the same work; `expect` of a request makes an error of any other status",
				s.Name, statuses(base), statuses(head))
		}
	}
	return ""
}

// answers sums the statuses of the good answers in the boots that count.
func answers(trials []record.Trial) map[int]int {
	all := map[int]int{}
	for _, t := range counted(trials) {
		if t.Load == nil {
			continue
		}
		for status, n := range t.Load.Statuses {
			all[status] += n
		}
	}
	return all
}

func total(answers map[int]int) (n int) {
	for _, each := range answers {
		n += each
	}
	return n
}

// ofClass counts the answers from class*100 on.
func ofClass(answers map[int]int, class int) (n int) {
	for status, each := range answers {
		if status/100 == class {
			n += each
		}
	}
	return n
}

// statuses are the most frequent ones: "200 (90 %), 404 (10 %)".
func statuses(answers map[int]int) string {
	all := slices.SortedFunc(maps.Keys(answers), func(a, b int) int {
		return cmp.Or(answers[b]-answers[a], a-b)
	})
	if len(all) == 1 {
		return fmt.Sprint(all[0])
	}
	var words []string
	sum := float64(total(answers))
	for _, status := range all[:min(len(all), mostStatuses)] {
		words = append(words, fmt.Sprintf("%d (%.0f %%)", status, 100*float64(answers[status])/sum))
	}
	return strings.Join(words, ", ")
}
