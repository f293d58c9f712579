package appstore

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
)

// document is what the API answers, in the shape of JSON:API.
type document[T any] struct {
	Data     T              `json:"data"`
	Included []responseJSON `json:"included"`
	Links    struct {
		Next string `json:"next"`
	} `json:"links"`
}

type linkage struct {
	Data *struct {
		ID string `json:"id"`
	} `json:"data"`
}

func (l linkage) id() string {
	if l.Data == nil {
		return ""
	}
	return l.Data.ID
}

type reviewJSON struct {
	ID         string `json:"id"`
	Attributes struct {
		Rating    float64   `json:"rating"`
		Title     string    `json:"title"`
		Body      string    `json:"body"`
		Nickname  string    `json:"reviewerNickname"`
		Created   time.Time `json:"createdDate"`
		Territory string    `json:"territory"`
	} `json:"attributes"`
	Relationships struct {
		Response linkage `json:"response"`
	} `json:"relationships"`
}

type responseJSON struct {
	ID         string `json:"id"`
	Attributes struct {
		Body     string    `json:"responseBody"`
		Modified time.Time `json:"lastModifiedDate"`
		State    string    `json:"state"`
	} `json:"attributes"`
	Relationships struct {
		Review linkage `json:"review"`
	} `json:"relationships"`
}

func (r responseJSON) state() review.ReplyState {
	if r.Attributes.State == "PUBLISHED" {
		return review.ReplyLive
	}
	return review.ReplyPending
}

// review reads one review with its reply among those that came along.
func (s *Source) review(raw json.RawMessage, included []responseJSON) (review.Review, bool) {
	var r reviewJSON
	if json.Unmarshal(raw, &r) != nil || r.ID == "" || r.Attributes.Created.IsZero() {
		return review.Review{}, false
	}
	a := r.Attributes
	out := review.Review{
		Key:    review.Key{Source: s.set.Name, ID: r.ID},
		Rating: review.Rating{Kind: review.Unrated},
		Title:  a.Title, Body: a.Body, Author: a.Nickname,
		Subject:  s.subject(a.Territory),
		Created:  a.Created.UTC(),
		ReplyURL: s.link(),
		Raw:      raw,
	}
	if a.Rating >= 1 && a.Rating <= 5 { // else unrated, and not lost
		out.Rating = review.StarRating(a.Rating)
	}
	reply := r.Relationships.Response.id()
	for _, i := range included {
		if i.Attributes.Body != "" && (reply != "" && i.ID == reply || i.Relationships.Review.id() == r.ID) {
			out.Reply = &review.PlatformReply{ID: i.ID, Text: i.Attributes.Body, State: i.state(), Updated: i.Attributes.Modified.UTC()}
			break
		}
	}
	return out, true
}

// A place in the list is the query of the page's address, with the number of
// reviews read before it. Only the query is taken: the address itself comes from
// the settings, and credentials go nowhere else.

// maxPlace bounds what a platform can make us remember.
const maxPlace = 4 << 10

func makePlace(read int, next string) (place string, ok bool) {
	if next == "" {
		return "", true
	}
	u, err := url.Parse(next)
	if err != nil || u.RawQuery == "" || len(u.RawQuery) > maxPlace {
		return "", false
	}
	return strconv.Itoa(read) + " " + u.RawQuery, true
}

func openPlace(place string) (read int, q url.Values) {
	n, raw, _ := strings.Cut(place, " ")
	if read, err := strconv.Atoi(n); err == nil {
		if q, err := url.ParseQuery(raw); err == nil {
			return read, q
		}
	}
	return 0, url.Values{"sort": {"-createdDate"}, "limit": {strconv.Itoa(pageSize)}, "include": {"response"}}
}

// explain reads errors of the shape of JSON:API.
func explain(status int, body []byte) (reason string, kind error) {
	var v struct {
		Errors []struct {
			Code   string `json:"code"`
			Title  string `json:"title"`
			Detail string `json:"detail"`
		} `json:"errors"`
	}
	var code string
	if json.Unmarshal(body, &v) == nil && len(v.Errors) > 0 {
		code, reason = v.Errors[0].Code, v.Errors[0].Detail
		if reason == "" {
			reason = v.Errors[0].Title
		}
	}
	switch {
	case status == http.StatusUnauthorized:
		return "the API key is not accepted; check key, key_id and issuer, that the key is not revoked, and that this machine's clock is right", sources.ErrAuth
	case strings.HasPrefix(code, "FORBIDDEN.REQUIRED_AGREEMENTS"):
		return "an agreement waits for the account holder in App Store Connect, under Business", sources.ErrAuth
	case status == http.StatusForbidden:
		return "the API key may not do this; it needs the role Customer Support, App Manager or Admin", sources.ErrAuth
	case status == http.StatusConflict:
		return reason, sources.ErrRejected
	}
	return reason, nil
}
