package manual

import (
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"github.com/evenkeel/evenkeel/review"
)

// Parse reads what somebody pasted into one field: a first line that is nothing
// but a mark ("★★☆☆☆", "2/5", "2 stars"), and a last line that is nothing but a
// link, are taken as such. All else is the review's text, as it stands.
func Parse(pasted string) Form {
	f := Form{Text: strings.TrimRight(strings.TrimLeft(pasted, "\r\n"), "\r\n \t")}
	first, rest, more := strings.Cut(f.Text, "\n")
	if mark := strings.TrimSpace(first); looksLikeStars(mark) {
		f.Stars, f.Text = mark, strings.TrimLeft(rest, "\r\n")
		if !more {
			f.Text = ""
		}
	}
	i := strings.LastIndexByte(f.Text, '\n')
	if last := strings.TrimSpace(f.Text[i+1:]); isLink(last) && !strings.ContainsAny(last, " \t") {
		f.URL, f.Text = last, strings.TrimRight(f.Text[:max(i, 0)], "\r\n")
	}
	return f
}

// looksLikeStars is stricter than stars: "5" alone may be a text's first line.
func looksLikeStars(s string) bool {
	if len(s) > 40 || !strings.ContainsAny(s, "★⭐/") && !strings.Contains(strings.ToLower(s), "star") {
		return false
	}
	r, err := stars(s)
	return err == nil && r.Kind == review.Stars
}

// stars reads 1 to 5 stars: "4", "4/5", "4,5", "4 stars", "★★★★☆".
func stars(s string) (review.Rating, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return review.Rating{Kind: review.Unrated}, nil
	}
	wrong := &review.InputError{Field: "rating", Problem: "is 1 to 5 stars"}
	if n := strings.Count(s, "★") + strings.Count(s, "⭐"); n > 0 {
		if strings.Trim(s, "★⭐☆\ufe0f ") != "" || n > 5 {
			return review.Rating{}, wrong
		}
		return review.StarRating(float64(n)), nil
	}
	for _, end := range []string{"stars", "star", "/5", "of 5", "out"} {
		s = strings.TrimSpace(strings.TrimSuffix(s, end))
	}
	if strings.Trim(s, "0123456789.,") != "" {
		return review.Rating{}, wrong
	}
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || v < 1 || v > 5 {
		return review.Rating{}, wrong
	}
	return review.StarRating(v), nil
}

// tag reads a language tag; a person who typed something else is told so.
func tag(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	t, err := language.Parse(s)
	if err != nil {
		return "", &review.InputError{Field: "language", Problem: "is a tag like de, ja or pt-BR"}
	}
	return t.String(), nil
}
