package woocommerce

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/sources"
)

// What explain says to this package only; [Source.judge] turns it into a kind
// of the taxonomy before it leaves.
var (
	errHidden    = errors.New("not allowed, or not there")
	errDuplicate = errors.New("the same words stand there")
)

// judge gives an error of the wire the kind that callers know.
func (s *Source) judge(err error) error {
	var e *sources.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case errors.Is(e, errHidden):
		e.Kind, e.Reason = sources.ErrAuth, "this account may not read reviews; it needs the role shop manager or administrator"
	case errors.Is(e, errDuplicate):
		e.Kind = sources.ErrAlready
	}
	return err
}

// explain knows WordPress's and WooCommerce's codes. An answer without one is
// not WordPress's own: a firewall, a host's parking page, a cache.
func explain(status int, body []byte) (reason string, kind error) {
	var v struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &v) != nil || v.Code == "" {
		return foreign(status)
	}
	reason = strings.TrimSpace(Plain(v.Message))
	switch {
	case v.Code == "comment_duplicate":
		return reason, errDuplicate
	case v.Code == "woocommerce_rest_cannot_view":
		return reason, errHidden
	case v.Code == "rest_no_route" || v.Code == "rest_disabled":
		return "the site has no such interface: is WooCommerce active, and is the address right?", sources.ErrRejected
	case v.Code == "rest_comment_login_required" || v.Code == "invalid_username" || v.Code == "incorrect_password" || v.Code == "application_passwords_disabled":
		return reason, sources.ErrAuth
	case status == http.StatusForbidden && ofThePost[v.Code]:
		return reason, sources.ErrRejected
	case status == http.StatusNotFound && !gone[v.Code]:
		// A review that exists must not be taken for removed because something
		// else is missing.
		return reason, sources.ErrRejected
	}
	return reason, nil
}

// foreign is for answers that WordPress did not write. For 404 in particular
// nothing may follow from them about a review.
func foreign(status int) (string, error) {
	switch status {
	case http.StatusForbidden:
		return "something in front of the site turned the call away, a firewall perhaps; ask whoever looks after the site to let /wp-json through", sources.ErrRejected
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		return "no WordPress answers at this address; check it, and that permalinks are not set to plain", sources.ErrRejected
	}
	return "", nil
}

// gone are the codes that say: this review does not exist.
var gone = map[string]bool{
	"rest_comment_invalid_id":            true,
	"woocommerce_rest_review_invalid_id": true,
	"rest_comment_invalid_post_id":       true,
}

// ofThePost are refusals that concern one product or page, not our account.
var ofThePost = map[string]bool{
	"rest_comment_draft_post":              true,
	"rest_comment_trash_post":              true,
	"rest_comment_not_supported_post_type": true,
	"rest_comment_invalid_post_id":         true,
	"rest_comment_closed":                  true,
}
