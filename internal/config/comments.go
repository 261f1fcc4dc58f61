package config

import (
	"fmt"
	"slices"
	"strings"
)

// What becomes of the comment of the last push.
const (
	CommentUpdate       = "update"
	CommentNew          = "new"
	CommentHideAndNew   = "hide-and-new"
	CommentOnlyOnChange = "only-on-change"
	CommentOff          = "off"
)

var commentBehaviors = []string{CommentUpdate, CommentNew, CommentHideAndNew, CommentOnlyOnChange, CommentOff}

// comments are the values of the input comment. An older form of it said true or
// false.
var comments = notation[string]{"one of " + strings.Join(commentBehaviors, ", "), func(s string) (string, error) {
	if on, err := booleans.read(s); err == nil {
		if on {
			return CommentUpdate, nil
		}
		return CommentOff, nil
	}
	if !slices.Contains(commentBehaviors, s) {
		return "", fmt.Errorf("no other word is understood%s", didYouMean(s, commentBehaviors))
	}
	return s, nil
}}
