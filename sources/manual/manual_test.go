package manual_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/review"
	"github.com/evenkeel/evenkeel/sources"
	"github.com/evenkeel/evenkeel/sources/manual"
)

func newSource(t testing.TB, set manual.Settings) *manual.Source {
	t.Helper()
	set.Name = "by-hand"
	s, err := manual.New(set)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBuild(t *testing.T) {
	s := newSource(t, manual.Settings{})
	f := manual.Form{Text: "  Cold soup.\n", Stars: "2", Author: " Ana ", URL: "https://example.test/r/1", Language: "en_GB", Platform: "Yelp"}
	r, err := s.Build(f)
	if err != nil {
		t.Fatal(err)
	}
	if r.Key.Source != "by-hand" || r.Key.Account != "yelp" || r.Body != "  Cold soup.\n" || r.Rating != review.StarRating(2) ||
		r.Author != "Ana" || r.Language != "en-GB" || r.ReplyURL != "https://example.test/r/1" {
		t.Errorf("%+v", r)
	}
	again := f
	again.URL += "?utm_source=mail#top"
	if r2, err := s.Build(again); err != nil || r2.Key != r.Key {
		t.Errorf("the same link with tracking: %+v, %v", r2.Key, err)
	}
	f.URL = ""
	a, _ := s.Build(f)
	b, _ := s.Build(f)
	f.Text = "Cold tea."
	c, _ := s.Build(f)
	if a.Key.ID == "" || a.Key != b.Key || a.Key == c.Key {
		t.Errorf("ids without a link: %v, %v, %v", a.Key, b.Key, c.Key)
	}
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	s := newSource(t, manual.Settings{})
	for field, f := range map[string]manual.Form{
		"review":   {Text: " \n"},
		"rating":   {Text: "x", Stars: "6"},
		"link":     {Text: "x", URL: "javascript:alert(1)"},
		"language": {Text: "x", Language: "german!"},
	} {
		_, err := s.Build(f)
		var in *review.InputError
		if !errors.As(err, &in) || in.Field != field {
			t.Errorf("%+v: %v; want trouble with %q", f, err, field)
		}
	}
	if _, err := s.Build(manual.Form{Text: strings.Repeat("x", review.MaxBody+1)}); err == nil {
		t.Error("a text over the bound was taken")
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]manual.Form{
		"Cold soup.": {Text: "Cold soup."},
		"★★☆☆☆\nCold soup.\nhttps://example.test/r":         {Stars: "★★☆☆☆", Text: "Cold soup.", URL: "https://example.test/r"},
		"2/5\r\n\r\nCold\n\nsoup.\n":                        {Stars: "2/5", Text: "Cold\n\nsoup."},
		"1 star\nbad":                                       {Stars: "1 star", Text: "bad"},
		"★":                                                 {Stars: "★"},
		"5\nyears ago it was good":                          {Text: "5\nyears ago it was good"},
		"see https://example.test/r":                        {Text: "see https://example.test/r"},
		"9/5 stars would come again":                        {Text: "9/5 stars would come again"},
		"https://example.test/r":                            {URL: "https://example.test/r"},
		"Great\njavascript:alert(1)":                        {Text: "Great\njavascript:alert(1)"},
		"\n\n  indented text stays\n\tas it is\n\n":         {Text: "  indented text stays\n\tas it is"},
		"4 stars\nmixed\nhttps://example.test/r is my link": {Stars: "4 stars", Text: "mixed\nhttps://example.test/r is my link"},
	} {
		if got := manual.Parse(in); got != want {
			t.Errorf("%q is read as %+v; want %+v", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("★★☆☆☆\nCold soup.\nhttps://example.test/r")
	s := newSource(f, manual.Settings{})
	f.Fuzz(func(t *testing.T, in string) {
		form := manual.Parse(in)
		if !strings.Contains(in, form.Text) {
			t.Fatalf("%q is not a part of %q", form.Text, in)
		}
		if r, err := s.Build(form); err == nil && r.Valid() != nil {
			t.Fatalf("built a review that is not valid: %v", r.Valid())
		}
	})
}

func TestProfiles(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range manual.Profiles() {
		if p.Name == "" || p.Label == "" || p.MaxReply <= 0 || p.Unit == "" || seen[p.Name] {
			t.Errorf("%+v", p)
		}
		seen[p.Name] = true
		if p.Name != "other" && len(p.Sources) == 0 {
			t.Errorf("%s: nobody says where this was read", p.Name)
		}
		for _, s := range p.Sources {
			if _, err := time.Parse(time.DateOnly, s.Checked); err != nil || s.Rule == "" || s.Status == "" || s.URL != "" && !strings.HasPrefix(s.URL, "https://") {
				t.Errorf("%s: %+v", p.Name, s)
			}
		}
	}
	for _, name := range []string{"homeadvisor", "google", "trustpilot", "trusted_shops", "ebay", "amazon", "tripadvisor", "yelp", "etsy", "ecwid", "angi", "facebook", "other"} {
		if !seen[name] {
			t.Errorf("no profile for %s", name)
		}
	}
	if p := manual.ProfileFor("no such site"); p.Name != "other" || p.MaxReply != manual.DefaultMaxReply {
		t.Errorf("%+v", p)
	}
	if p := manual.ProfileFor("Google Business Profile"); p.Name != "google" || p.Unit != sources.Bytes {
		t.Errorf("%+v", p)
	}
}

func TestSettings(t *testing.T) {
	s := newSource(t, manual.Settings{Platform: "yelp", MaxReply: 300, Open: "https://biz.example.test/reply?to={url}"})
	if c := s.Capabilities(); c.MaxReply != 300 || c.Reply || c.List || !c.Similar {
		t.Errorf("%+v", c)
	}
	if link := s.OpenLink(review.Review{}); link != "" {
		t.Errorf("a link to nowhere: %q", link)
	}
	if _, err := manual.New(manual.Settings{Name: "x", Open: "javascript:{url}"}); err == nil {
		t.Error("a link that runs was taken")
	}
	if _, err := manual.New(manual.Settings{}); err == nil {
		t.Error("no name was taken")
	}
}

// TestAnySite: a site that nobody described is described by settings alone.
func TestAnySite(t *testing.T) {
	s := newSource(t, manual.Settings{
		Platform: "gites-du-val", Label: "Gîtes du Val", MaxReply: 280, Unit: sources.UTF16, OneReply: true,
		Open: "https://owners.example.test/answer?to={url}", Report: "https://owners.example.test/report",
		Grounds: []sources.Ground{{ID: "fake", Label: "Never stayed here"}},
	})
	r := review.Review{URL: "https://example.test/r/1"}
	if c := s.Capabilities(); c.MaxReply != 280 || c.Unit != sources.UTF16 || !c.OneReply || len(c.Grounds) != 1 || s.Profile().Label != "Gîtes du Val" {
		t.Errorf("%+v, %+v", c, s.Profile())
	}
	if s.OpenLink(r) != "https://owners.example.test/answer?to=https://example.test/r/1" || s.ReportLink(r) != "https://owners.example.test/report" {
		t.Errorf("%q, %q", s.OpenLink(r), s.ReportLink(r))
	}
	for name, set := range map[string]manual.Settings{
		"unit":               {MaxReply: 3, Unit: "words"},
		"unit of nothing":    {Unit: sources.Bytes},
		"report that runs":   {Report: "javascript:alert(1)"},
		"report to a scheme": {Report: "data:{url}"},
	} {
		set.Name = "x"
		if _, err := manual.New(set); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestReportLinks(t *testing.T) {
	for _, p := range manual.Profiles() {
		link := p.ReportLink(review.Review{URL: "https://example.test/r"})
		if (p.Report == "") != (link == "") {
			t.Errorf("%s: %q gives %q", p.Name, p.Report, link)
		}
		if strings.Contains(p.Report, "{url}") && p.ReportLink(review.Review{}) != "" {
			t.Errorf("%s: a link to nowhere", p.Name)
		}
	}
}
