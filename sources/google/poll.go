package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/sweep"
)

// cursor holds a sweep for each list and where the round over them stands.
type cursor struct {
	V int `json:"v"`
	// Apart: answers for several locations were not in one order, so each
	// location is read by itself.
	Apart bool `json:"apart,omitempty"`
	At    int  `json:"at,omitempty"`
	// Lists are the sweeps' cursors by the lists' keys.
	Lists map[string]json.RawMessage `json:"lists,omitempty"`
}

const version = 1

// list is one list of the API's.
type list struct {
	key   string
	fetch sweep.Fetch
}

// Poll takes the next page of the next list. Several locations are asked for
// together, and their reviews come in one order, newest change first, as the
// vendor documents it. If they ever do not, reading on would stop too early and
// miss reviews without a word; then every location is read by itself from
// there on. What that repeats, intake drops.
func (s *Source) Poll(ctx context.Context, cur sources.Cursor) (sources.Page, error) {
	c := parse(cur)
	lists := s.lists(c.Apart)
	if c.At < 0 || c.At >= len(lists) {
		c.At = 0
	}
	l := lists[c.At]
	page, err := s.plan.Poll(ctx, c.Lists[l.key], l.fetch)
	switch {
	case errors.Is(err, errNotOneOrder):
		next, err := json.Marshal(cursor{V: version, Apart: true})
		return sources.Page{Next: next, More: true}, err
	case err != nil:
		return sources.Page{}, err
	}
	c.Lists[l.key] = page.Next
	if !page.More {
		c.At++
		page.More = c.At < len(lists)
	}
	c.forget(lists)
	page.Next, err = json.Marshal(c)
	return page, err
}

func parse(cur sources.Cursor) cursor {
	var c cursor
	if len(cur) == 0 || json.Unmarshal(cur, &c) != nil || c.V != version {
		c = cursor{V: version}
	}
	if c.Lists == nil {
		c.Lists = map[string]json.RawMessage{}
	}
	return c
}

// forget drops the lists of locations that are no longer configured.
func (c cursor) forget(lists []list) {
	for key := range c.Lists {
		if !slices.ContainsFunc(lists, func(l list) bool { return l.key == key }) {
			delete(c.Lists, key)
		}
	}
}

// lists are those of the configured locations, in their order.
func (s *Source) lists(apart bool) []list {
	var out []list
	if apart || len(s.set.Locations) == 1 {
		for _, l := range s.set.Locations {
			out = append(out, list{"location " + l.ID, s.one(l.ID)})
		}
		return out
	}
	for batch := range slices.Chunk(s.set.Locations, s.set.Batch) {
		h := fnv.New64a()
		var names []string
		for _, l := range batch {
			names = append(names, strings.TrimPrefix(s.place(s.set.Account, l.ID), "v4/"))
			_, _ = h.Write([]byte(l.ID + " "))
		}
		// Another set of locations is another list.
		out = append(out, list{fmt.Sprintf("batch %x", h.Sum64()), s.several(names)})
	}
	return out
}

// one reads a page of one location's list.
func (s *Source) one(location string) sweep.Fetch {
	return func(ctx context.Context, token string, _ time.Time) ([]sweep.Item, string, error) {
		var out struct {
			Reviews []json.RawMessage `json:"reviews"`
			Next    string            `json:"nextPageToken"`
		}
		err := s.wire.Read(ctx, "list", s.place(s.set.Account, location)+"/reviews", query(token), &out)
		if err != nil {
			return nil, "", s.listError(err, token)
		}
		items, err := s.items(out.Reviews)
		return items, out.Next, err
	}
}

// several reads a page of the list of several locations.
func (s *Source) several(names []string) sweep.Fetch {
	return func(ctx context.Context, place string, _ time.Time) ([]sweep.Item, string, error) {
		token, last := openPlace(place)
		var out struct {
			Found []struct {
				Review json.RawMessage `json:"review"`
			} `json:"locationReviews"`
			Next string `json:"nextPageToken"`
		}
		ask := map[string]any{"locationNames": names, "pageSize": pageSize, "orderBy": "updateTime desc"}
		if token != "" {
			ask["pageToken"] = token
		}
		if err := s.wire.Query(ctx, "list", "v4/accounts/"+s.set.Account+"/locations:batchGetReviews", ask, &out); err != nil {
			return nil, "", s.listError(err, token)
		}
		raw := make([]json.RawMessage, 0, len(out.Found))
		for _, f := range out.Found {
			raw = append(raw, f.Review)
		}
		items, err := s.items(raw)
		if err != nil {
			return nil, "", err
		}
		if last, err = inOrder(items, last); err != nil {
			return nil, "", err
		}
		return items, makePlace(out.Next, last), nil
	}
}

var errNotOneOrder = errors.New("the reviews of several locations are not in one order")

// inOrder checks that a page goes on where the one before ended, newest first,
// and gives its last time. Disorder within the overlap of a sweep does no harm.
func inOrder(items []sweep.Item, last time.Time) (time.Time, error) {
	for _, it := range items {
		if !last.IsZero() && it.Changed.After(last.Add(sweep.DefaultOverlap/2)) {
			return last, errNotOneOrder
		}
		last = it.Changed
	}
	return last, nil
}

// A place in the list of several locations is the API's token with the time of
// the last review before it.
func makePlace(token string, last time.Time) string {
	if token == "" {
		return ""
	}
	return last.UTC().Format(time.RFC3339Nano) + " " + token
}

func openPlace(place string) (token string, last time.Time) {
	at, token, ok := strings.Cut(place, " ")
	if !ok {
		return "", time.Time{}
	}
	last, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return token, time.Time{}
	}
	return token, last
}

func (s *Source) items(raw []json.RawMessage) ([]sweep.Item, error) {
	items := make([]sweep.Item, 0, len(raw))
	for _, r := range raw {
		it, err := s.item(r)
		if err != nil {
			return nil, s.fail(sources.ErrTransient, "list", "a review in the list is not as expected")
		}
		items = append(items, it)
	}
	return items, nil
}

// listError says what a refusal means for a list.
func (s *Source) listError(err error, token string) error {
	switch {
	case token != "" && errors.Is(err, sources.ErrRejected):
		// Whatever is wrong with the question, beginning anew is harmless, and
		// says so when the question itself is wrong.
		return fmt.Errorf("%w: %w", sweep.ErrToken, err)
	case errors.Is(err, sources.ErrNotFound):
		return s.fail(sources.ErrRejected, "list", "Google does not know this account or one of its locations; check the numbers, and that the places are verified")
	}
	return err
}
