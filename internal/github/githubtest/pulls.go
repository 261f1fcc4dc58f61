package githubtest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Branch is a branch of a repository, and the commit it points at.
type Branch struct {
	Owner string
	Repo  string
	Ref   string // without refs/heads/
	SHA   string
}

func (b Branch) is(other Branch) bool {
	return strings.EqualFold(b.Owner, other.Owner) && strings.EqualFold(b.Repo, other.Repo) && b.Ref == other.Ref
}

// Pull is a pull request from Head into Base, whose repository it belongs to.
type Pull struct {
	Number int
	Head   Branch
	Base   Branch
	Author User
	Draft  bool

	open     bool
	created  time.Time
	labels   []string
	timeline []map[string]any
}

// pushed is an entry of a repository's record of activity.
type pushed struct {
	id     int64
	branch Branch // as it was afterwards
	before string
	kind   string
	actor  User
	at     time.Time
}

// AddPull opens a pull request. Its head is pushed first where no push of it is
// known.
func (s *Server) AddPull(p Pull) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.last(p.Head); at == nil || at.branch.SHA != p.Head.SHA {
		s.push(p.Head, p.Author, "push")
	}
	p.open, p.created = true, s.tick()
	s.pulls = append(s.pulls, &p)
	p.commit(s, p.Head.SHA)
}

// Push makes a branch point at a commit that follows from the one before, and
// with it the open pull requests that come from there.
func (s *Server) Push(to Branch, by User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(to, by, "push")
	for _, p := range s.pulls {
		if p.open && p.Head.is(to) {
			p.Head.SHA = to.SHA
			p.commit(s, to.SHA)
		}
	}
}

// ForcePush makes a branch point at a commit whatever it pointed at before.
// Unlike a push that follows from the one before it stands in the timeline of
// the pull requests that come from there.
func (s *Server) ForcePush(to Branch, by User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(to, by, "force_push")
	for _, p := range s.pulls {
		if p.open && p.Head.is(to) {
			p.Head.SHA = to.SHA
			s.event(p, "head_ref_force_pushed", by)["commit_id"] = to.SHA
		}
	}
}

func (s *Server) push(to Branch, by User, kind string) {
	before := strings.Repeat("0", 40)
	if last := s.last(to); last != nil {
		before = last.branch.SHA
	}
	s.lastID++
	s.pushes = append(s.pushes, &pushed{id: s.lastID, branch: to, before: before, kind: kind, actor: by, at: s.tick()})
}

// last is the last push to a branch, nil when there was none.
func (s *Server) last(to Branch) *pushed {
	for _, p := range slices.Backward(s.pushes) {
		if p.branch.is(to) {
			return p
		}
	}
	return nil
}

// tick lets a second pass: everything that happens has a time of its own.
func (s *Server) tick() time.Time {
	s.now = s.now.Add(time.Second)
	return s.now
}

// Pass lets time pass. A negative one undoes the second that the next thing to
// happen would take.
func (s *Server) Pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Now is the server's time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// pull finds a pull request by the base repository's names and its number.
func (s *Server) pull(owner, repo, number string) *Pull {
	for _, p := range s.pulls {
		if strings.EqualFold(p.Base.Owner, owner) && strings.EqualFold(p.Base.Repo, repo) && fmt.Sprint(p.Number) == number {
			return p
		}
	}
	return nil
}

// change does something to a pull request that must be there.
func (s *Server) change(owner, repo string, number int, do func(*Pull)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pull(owner, repo, fmt.Sprint(number))
	if p == nil {
		panic(fmt.Sprintf("%s/%s has no pull request %d", owner, repo, number))
	}
	do(p)
}

// Close closes a pull request without merging it.
func (s *Server) Close(owner, repo string, number int, by User) {
	s.change(owner, repo, number, func(p *Pull) {
		p.open = false
		s.event(p, "closed", by)
	})
}

// Reopen opens a closed pull request again, at what its branch now points at.
func (s *Server) Reopen(owner, repo string, number int, by User) {
	s.change(owner, repo, number, func(p *Pull) {
		p.open, p.Head.SHA = true, s.last(p.Head).branch.SHA
		s.event(p, "reopened", by)
	})
}

// ChangeBase makes a pull request one into another branch.
func (s *Server) ChangeBase(owner, repo string, number int, to Branch, by User) {
	s.change(owner, repo, number, func(p *Pull) {
		p.Base = to
		s.event(p, "base_ref_changed", by)
	})
}

func (s *Server) listPulls(_ User, op operation, r *http.Request) reply {
	query := r.URL.Query()
	user, ref, filtered := strings.Cut(query.Get("head"), ":")
	state := query.Get("state")
	all := []any{}
	for _, p := range slices.Backward(s.pulls) { // the latest comes first
		mine := strings.EqualFold(p.Base.Owner, op.param("owner")) && strings.EqualFold(p.Base.Repo, op.param("repo"))
		wanted := state == "all" || p.open == (state != "closed")
		if mine && wanted && (!filtered || strings.EqualFold(p.Head.Owner, user) && p.Head.Ref == ref) {
			all = append(all, p)
		}
	}
	items, link := s.page(r, all)
	for i := range items {
		items[i] = s.renderPull(items[i].(*Pull), s.api.list("pull-request-simple-items"))
	}
	return reply{code: http.StatusOK, body: items, link: link}
}

func (s *Server) getPull(_ User, op operation, _ *http.Request) reply {
	p := s.pull(op.param("owner"), op.param("repo"), op.param("pull_number"))
	if p == nil {
		return refusal(http.StatusNotFound, "Not Found")
	}
	return reply{code: http.StatusOK, body: s.renderPull(p, s.api.whole("pull-request"))}
}

// renderPull fills in one of the description's examples.
func (s *Server) renderPull(p *Pull, one map[string]any) map[string]any {
	one["number"], one["draft"], one["created_at"], one["user"] = p.Number, p.Draft, p.created, s.renderUser(p.Author)
	one["requested_teams"] = []any{} // the example's lack what they must have
	one["state"] = "closed"
	if p.open {
		one["state"] = "open"
	}
	renderBranch(one["base"].(map[string]any), p.Base)
	renderBranch(one["head"].(map[string]any), p.Head)
	labels := []any{}
	for _, name := range p.labels {
		labels = append(labels, s.renderLabel(p, name))
	}
	one["labels"] = labels
	return one
}

func renderBranch(one map[string]any, b Branch) {
	one["sha"], one["ref"], one["label"] = b.SHA, b.Ref, b.Owner+":"+b.Ref
	repo := one["repo"].(map[string]any)
	repo["name"], repo["full_name"] = b.Repo, b.Owner+"/"+b.Repo
	repo["owner"].(map[string]any)["login"] = b.Owner
}

func (s *Server) listActivity(_ User, op operation, r *http.Request) reply {
	ref := strings.TrimPrefix(r.URL.Query().Get("ref"), "refs/heads/")
	all := []any{}
	for _, p := range slices.Backward(s.pushes) {
		if !strings.EqualFold(p.branch.Owner, op.param("owner")) || !strings.EqualFold(p.branch.Repo, op.param("repo")) {
			continue
		}
		if ref != "" && ref != p.branch.Ref {
			continue
		}
		all = append(all, map[string]any{
			"id": p.id, "node_id": fmt.Sprintf("PSH_%d", p.id), "before": p.before, "after": p.branch.SHA,
			"ref": "refs/heads/" + p.branch.Ref, "timestamp": p.at, "activity_type": p.kind, "actor": s.renderUser(p.actor),
		})
	}
	items, _ := s.page(r, all) // GitHub pages this list by cursors, which nobody follows here
	return reply{code: http.StatusOK, body: items}
}

// refURL is an address in this API.
func (s *Server) refURL(format string, parts ...any) string {
	for i, part := range parts {
		parts[i] = url.PathEscape(fmt.Sprint(part))
	}
	return s.URL + fmt.Sprintf(format, parts...)
}
