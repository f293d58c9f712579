package rubric

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/evenkeel/evenkeel/review"
)

// The checks, by the ids that findings carry.
const (
	Incentive       = "incentive_or_review_change"
	Threat          = "threat_or_suppression"
	Commitments     = "unapproved_commitment"
	PersonalData    = "personal_data"
	Hygiene         = "output_hygiene"
	PlatformLength  = "platform_length"
	LanguageMatch   = "language_match"
	PrivateChannel  = "single_private_channel"
	NoIsolatedCase  = "no_isolated_case"
	NoBlame         = "no_blame"
	ApologyBudget   = "apology_budget"
	NoMarketing     = "no_marketing"
	NotBoilerplate  = "not_boilerplate"
	ConcreteDetail  = "concrete_detail"
	UnsourcedFact   = "unsourced_fact" // needs the draft's sentences
	ClaimGap        = "claim_gap"      // needs the draft's sentences and the claims
	HumanOnly       = "human_only"     // no lexicon for the language
	codeVersion     = "2"
	findingsPerRule = 4 // of one check; more say nothing new
)

// Checks lists all ids in the order of the rubric.
var Checks = []string{Incentive, Threat, Commitments, PersonalData, Hygiene, PlatformLength, LanguageMatch, PrivateChannel,
	NoIsolatedCase, NoBlame, ApologyBudget, NoMarketing, NotBoilerplate, ConcreteDetail, UnsourcedFact, ClaimGap, HumanOnly}

// waivable are the checks whose findings an approver may let stand, in writing.
// Those that law or platform forbid (1, 2, 4, 5, 6) are not among them.
var waivable = map[string]bool{Commitments: true, LanguageMatch: true, PrivateChannel: true, NoIsolatedCase: true, NoBlame: true,
	ApologyBudget: true, NoMarketing: true, NotBoilerplate: true, ConcreteDetail: true, UnsourcedFact: true, ClaimGap: true}

// Input is a reply and what the checks need to know around it. Everything but
// Text may be left zero; a check without anything to look at does not apply.
type Input struct {
	Text           string            // the reply
	Language       string            // what the draft claims to be in (BCP 47), "" unknown
	Review         review.Review     // what it answers
	ReviewLanguage string            // as the platform or triage has it, "" to detect it
	Verdict        review.Verdict    // "" unknown
	Claims         []review.Claim    // may be nil
	Sentences      []review.Sentence // provenance; nil when nobody analysed the text
	Facts          []review.Fact     // what stands in a standing fact counts as approved
	Contacts       []string          // allowed contacts: e-mail addresses, telephone numbers, web addresses, places in words
	Links          []string          // allowed domains
	Brand          string            // the brand's name
	Staff          []string          // names of staff that no reply may give
	Platform       string            // "google", "google_play", …; see PolicyFor
	Country        string            // ISO 3166, "" unknown
	MaxLen         int               // overrides the platform's length; 0 leaves it
	LenUnit        Unit              // of MaxLen; "" is the platform's
	Canary         string            // secret of the prompt that must never appear, "" none
	Earlier        []Fingerprint     // of the source's last published replies and the other open drafts
	Incident       string            // why playing down cannot be waived, as in "incident 1 is open"; "" when it can
	Privacy        bool              // never confirm that somebody is a customer
	Benefit        bool              // the customer is given something in private: look harder, see wall
}

// Version names the checks and their lexicons; it changes whenever one of them does.
func Version() string { return version() }

var version = sync.OnceValue(func() string {
	h := sha256.New()
	h.Write([]byte(codeVersion))
	err := fs.WalkDir(data, "data", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := data.ReadFile(path)
		h.Write([]byte(path))
		h.Write(raw)
		return err
	})
	if err != nil {
		panic(err) // embedded files are always readable
	}
	return "rubric-" + codeVersion + "-" + hex.EncodeToString(h.Sum(nil))[:12]
})

// Check judges a reply. Findings that block come first, then in the order of the
// rubric; the words of a finding stand in the text verbatim, or are empty.
func Check(in Input) []review.Finding {
	c := newChecker(in)
	defer c.release()
	for _, check := range []func(){
		c.incentive, c.standing, c.threat, c.commitments, c.wall, c.personalData, c.hygiene, c.length, c.languageMatch, c.privateChannel,
		c.isolatedCase, c.blame, c.apologies, c.marketing, c.boilerplate, c.detail, c.sources, c.humanOnly,
	} {
		check()
	}
	slices.SortStableFunc(c.findings, func(a, b review.Finding) int {
		if a.Level != b.Level {
			if a.Level == review.Block {
				return -1
			}
			return 1
		}
		return slices.Index(Checks, a.Check) - slices.Index(Checks, b.Check)
	})
	return c.findings
}

// Blocked tells whether any of the findings blocks.
func Blocked(fs []review.Finding) bool {
	return slices.ContainsFunc(fs, func(f review.Finding) bool { return f.Level == review.Block })
}

// checker is one run of the checks.
type checker struct {
	Input
	lex      *lexicon
	policy   Policy
	reply    *scan
	original *scan // the review
	facts    []*scan
	language guess // of the reply
	source   guess // of the review
	spoken   map[int]bool
	emails   []found
	links    []found
	numbers  []found
	quoted   [][2]int // what the reply cites of the review
	findings []review.Finding

	// Asked for once a date; what they give is the same each time.
	promised     func() []span   // promises and remedies of the reply
	offered      func() []span   // words that offer a way to get in touch
	sourceTimes  func() []string // times that the review names
	sourceMonths func() []string // months that the review names
}

func newChecker(in Input) *checker {
	lex := lexicons()
	c := &checker{Input: in, lex: lex, policy: PolicyFor(in.Platform, in.Country)}
	c.reply = newScan(lex, in.Text)
	c.original = coreScan(lex, in.Review.Text())
	for _, f := range in.Facts {
		if !f.Retracted {
			c.facts = append(c.facts, coreScan(lex, f.Text))
		}
	}
	c.language = c.reply.language()
	c.source = guess{lang: base(firstOf(in.ReviewLanguage, in.Review.Language)), sure: true}
	if c.source.lang == "" {
		c.source = c.original.language()
		if !c.source.sure && len(in.Review.Body) < 2*detectBytes {
			if g := c.original.byVocabulary(); g.sure {
				c.source = g
			}
		}
	}
	c.spoken = c.languages()
	c.emails = c.reply.emails()
	c.links = c.reply.links(c.emails)
	c.quoted = c.citations()
	c.promised = sync.OnceValue(func() []span { return append(c.reply.find("promise", nil), c.reply.find(Commitments, nil)...) })
	c.offered = sync.OnceValue(func() []span { return c.reply.find(PrivateChannel, c.spoken) })
	c.sourceTimes = sync.OnceValue(func() []string { return timeTokens(c.original) })
	c.sourceMonths = sync.OnceValue(func() []string { return monthsOf(c.original) })
	c.numbers = c.reply.numbers(append(append([]found(nil), c.emails...), c.links...))
	return c
}

// release gives back what the texts were read with.
func (c *checker) release() {
	c.reply.release()
	c.original.release()
	for _, f := range c.facts {
		f.release()
	}
}

// add keeps a finding. Words that do not stand in the text are left out.
func (c *checker) add(check string, level review.Level, words, message string) {
	if !strings.Contains(c.Text, words) {
		words = ""
	}
	n := 0
	for _, f := range c.findings {
		if f.Check != check || f.Level != level {
			continue
		}
		if f.Words == words && f.Message == message {
			return
		}
		n++
	}
	if n >= findingsPerRule {
		return
	}
	c.findings = append(c.findings, review.Finding{Check: check, Level: level, Words: words, Message: message,
		Waivable: level == review.Block && waivable[check]})
}

// full tells that a check has as many findings that block as are kept.
func (c *checker) full(check string) bool {
	n := 0
	for _, f := range c.findings {
		if f.Check == check && f.Level == review.Block {
			n++
		}
	}
	return n >= findingsPerRule
}

func (c *checker) block(check, words, message string) { c.add(check, review.Block, words, message) }
func (c *checker) warn(check, words, message string)  { c.add(check, review.Warn, words, message) }

func firstOf(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}
