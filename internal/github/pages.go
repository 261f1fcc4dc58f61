package github

import "github.com/google/go-github/v60/github"

const (
	perPage  = 100 // the most that GitHub lists at once
	maxPages = 100 // bounds a listing: a server might never come to the end of one
)

// eachPage has every page of a listing read, the first one first. It is false
// where there are more than maxPages.
func eachPage(read func(page int) (*github.Response, error)) (whole bool, err error) {
	page := 1
	for range maxPages {
		resp, err := read(page)
		if err != nil {
			return false, err
		}
		if resp.NextPage <= page {
			return true, nil
		}
		page = resp.NextPage
	}
	return false, nil
}

// listed is how a page of a listing is asked for.
func listed(page int) github.ListOptions { return github.ListOptions{Page: page, PerPage: perPage} }
