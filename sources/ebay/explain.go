package ebay

import (
	"encoding/json"

	"github.com/evenkeel/evenkeel/sources"
)

const automated = "eBay wrote this feedback by itself for a sale without trouble; it takes no replies"

// meaning is what a code of the platform says to people.
type meaning struct {
	kind   error
	reason string
}

// meanings are the codes of getFeedback and respondToFeedback in the vendor's
// OpenAPI document; others are judged by their status.
var meanings = map[int]meaning{
	501000: {sources.ErrRejected, "eBay does not know the seller's user name; please check user in the settings"},
	501011: {sources.ErrRejected, "eBay does not let this seller answer here"},
	501013: {sources.ErrRejected, "the reply is longer than eBay's 500 characters; please shorten it"},
	501014: {sources.ErrRejected, "eBay does not take these words; HTML and personal data such as phone numbers are not allowed"},
	501015: {sources.ErrRejected, "eBay found a word in the reply that it counts as profanity; please choose another"},
	501026: {sources.ErrNotFound, "eBay does not know this feedback"},
	501028: {sources.ErrRejected, "the reply is empty"},
	501031: {sources.ErrRejected, automated},
	501032: {sources.ErrAlready, "eBay takes one reply for each feedback, and one stands there"},
	501033: {sources.ErrAlready, "a follow-up stands there already"},
	501039: {sources.ErrNotFound, "the feedback is not there"},
}

// explain knows the platform's codes.
func explain(_ int, body []byte) (reason string, kind error) {
	var v struct {
		Errors []struct{ ErrorID int } `json:"errors"`
	}
	_ = json.Unmarshal(body, &v) // what cannot be read says nothing
	if len(v.Errors) == 0 {
		return "", nil
	}
	m := meanings[v.Errors[0].ErrorID]
	return m.reason, m.kind
}
