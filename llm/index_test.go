package llm

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// plainly is what an index finds, found with no cleverness: each term of each
// list is looked for from the beginning to the end.
func plainly(lists []terms, text string) hits {
	letters := func(r rune) bool { return r != utf8.RuneError && wordRune(r) }
	var found hits
	for n, terms := range lists {
		var all hits
		for _, x := range terms {
			first, _ := utf8.DecodeRuneInString(x.text)
			for at := 0; at < len(text); {
				end := at + len(x.text)
				if end > len(text) || text[at:end] != x.text {
					at++
					continue
				}
				before, _ := utf8.DecodeLastRuneInString(text[:at])
				after, _ := utf8.DecodeRuneInString(text[end:])
				if unbroken(first) || (x.left || !letters(before)) && (x.right || !letters(after)) {
					all = append(all, hit{at, end, list(n)})
				}
				at = end
			}
		}
		for at := range text { // the longest at each place that is free
			here := 0
			for _, h := range all {
				if h.start == at {
					here = max(here, h.end)
				}
			}
			if last := len(found) - 1; here > 0 && (last < 0 || found[last].list != list(n) || found[last].end <= at) {
				found = append(found, hit{at, here, list(n)})
			}
		}
	}
	return found
}

// An index finds what stands in a text, whatever the lists and the text are.
func TestIndexFindsWhatStandsThere(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("ab -;éいしか한")), 1, 6, -1)
	aTerm := rapid.Custom(func(t *rapid.T) term {
		return newTerm(letters.Draw(t, "term"), rapid.Bool().Draw(t, "left"), rapid.Bool().Draw(t, "right"))
	})
	rapid.Check(t, func(t *rapid.T) {
		var lists []terms
		var pieces []string
		for range rapid.IntRange(1, 4).Draw(t, "lists") {
			l := terms(rapid.SliceOfN(aTerm, 0, 6).Draw(t, "list"))
			for _, x := range l {
				pieces = append(pieces, x.text)
			}
			lists = append(lists, l)
		}
		text := strings.Join(rapid.SliceOf(rapid.OneOf(letters, rapid.SampledFrom(append(pieces, " ")))).Draw(t, "text"), "")
		sameHits(t, lists, text)
	})
}

// The same for the lists that there are, and texts of their own words.
func TestLexiconsFindWhatStandsThere(t *testing.T) {
	for _, lang := range Languages {
		lex, err := loadLexicon(lang)
		if err != nil {
			t.Fatal(err)
		}
		lists := slices.Concat(lex.lists(), []terms{lex.Weak, lex.Determiners, lex.Negators})
		var words []string
		for _, l := range lists {
			for _, x := range l {
				words = append(words, x.text)
			}
		}
		joints := []string{" ", " ", "", ", ", ". ", "; ", "-", "s ", "x", "\u0301", "い"}
		t.Run(lang, rapid.MakeCheck(func(t *rapid.T) {
			var text strings.Builder
			for range rapid.IntRange(0, 12).Draw(t, "words") {
				text.WriteString(rapid.SampledFrom(words).Draw(t, "word"))
				text.WriteString(rapid.SampledFrom(joints).Draw(t, "joint"))
			}
			sameHits(t, lists, fold(text.String()).text)
		}))
	}
}

func sameHits(t *rapid.T, lists []terms, text string) {
	t.Helper()
	want := plainly(lists, text)
	got := newIndex(lists...).read(text)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(hit{}), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("in %q (-want +got):\n%s", text, diff)
	}
	for n, l := range lists {
		of := got.of(list(n))
		if one := l.find(text); len(one) != len(of) || l.in(text) != (len(of) > 0) {
			t.Fatalf("in %q: list %d finds %v alone, %v with others", text, n, one, of)
		}
	}
}

// A clause reads as it would alone, though it was read with its review.
func TestClausesReadAsAlone(t *testing.T) {
	for _, lang := range Languages {
		lex, err := loadLexicon(lang)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, l := range append(lex.lists(), lex.Splits, lex.Splits, lex.Negators) {
			for _, x := range l {
				words = append(words, x.text)
			}
		}
		joints := []string{" ", " ", " ", ". ", "! ", "\n", "…", ", ", "。", " ’", "\u0301", "\xff ", "", "ﬁ"}
		t.Run(lang, rapid.MakeCheck(func(t *rapid.T) {
			var text strings.Builder
			for range rapid.IntRange(0, 20).Draw(t, "words") {
				text.WriteString(rapid.SampledFrom(words).Draw(t, "word"))
				text.WriteString(rapid.SampledFrom(joints).Draw(t, "joint"))
			}
			for _, got := range lex.read(text.String()).clauses() {
				want := lex.read(got.orig)
				if got.text != want.text || !slices.Equal(got.hits, want.hits) {
					t.Fatalf("%q of %q reads %q with %v, alone %q with %v", got.orig, text.String(), got.text, got.hits, want.text, want.hits)
				}
			}
		}))
	}
}
