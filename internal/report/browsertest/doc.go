// Package browsertest holds the HTML report in a real browser: it takes comparisons
// of real runs, opens their pages in headless Chromium at the widths of phones and
// desktops, in light and dark, and looks for what markup alone does not show:
// errors, requests, text that cannot be read, what does not fit. It also takes the
// pictures of the README. It holds nothing but tests.
package browsertest
