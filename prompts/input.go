package prompts

// Claim is one numbered point of the review.
type Claim struct {
	N     int    `json:"n"`
	Text  string `json:"point"`
	Words string `json:"words"`
}

// Fact is a numbered statement that a member of the team vouches for.
type Fact struct {
	N    int    `json:"n"`
	Text string `json:"fact"`
}

// NamedFact is an entry of the team's playbook.
type NamedFact struct {
	Name string `json:"name"`
	Text string `json:"fact"`
}

// Review is what the customer wrote. All of it is foreign.
type Review struct {
	Title   string `json:"title,omitempty"`
	Body    string `json:"text"`
	Author  string `json:"author,omitempty"`
	Subject string `json:"about,omitempty"`
	Rating  string `json:"rating,omitempty"`
}

// TriageInput is what the triage prompt needs.
type TriageInput struct {
	Seal
	Review       Review
	TeamLanguage string   // BCP 47; points and questions are written in it
	StaffNames   []string // so that a review that names one is seen
	Topics       []string // the closed list of topics
}

// Triage renders the triage prompt.
func Triage(in TriageInput) (Messages, error) {
	return render("triage", in, in.Seal, []block{{"review", in.Review.clean()}})
}

// DraftInput is what the draft prompt needs.
type DraftInput struct {
	Seal
	Review      Review
	Claims      []Claim
	Facts       []Fact
	Playbook    []NamedFact
	Examples    []string // approved replies of the past: tone only
	Previous    string   // the text to change, when a draft is redone
	Instruction string   // what the team asks for
	Brand       string
	Voice       string
	Contact     string // the one private contact, "" for none
	Rules       []string
	Approved    []string // commitments that may be made, word for word
	Goal        string
	Variant     string // "", shorter, warmer, plainer, light
	Language    string // BCP 47, of the reply
	MaxLen      int    // for the reply without its sign-off; 0 = no known limit
	Unit        string // "characters", "bytes", "UTF-16 units"
	Thanks      bool   // praise: a short thank-you is wanted
	NoQuotes    bool   // the platform forbids quoting the review
}

// Draft renders the draft prompt.
func Draft(in DraftInput) (Messages, error) {
	blocks := []block{{"review", struct {
		Review Review  `json:"review"`
		Claims []Claim `json:"points"`
	}{in.Review.clean(), cleanClaims(in.Claims)}}}
	if len(in.Facts) > 0 || len(in.Playbook) > 0 {
		blocks = append(blocks, block{"facts", struct {
			Facts    []Fact      `json:"facts"`
			Playbook []NamedFact `json:"playbook"`
		}{cleanFacts(in.Facts), cleanNamed(in.Playbook)}})
	}
	if len(in.Examples) > 0 {
		blocks = append(blocks, block{"examples", cleanAll(in.Examples)})
	}
	if in.Previous != "" {
		blocks = append(blocks, block{"previous", Clean(in.Previous, MaxText)})
	}
	if in.Instruction != "" {
		blocks = append(blocks, block{"request", Clean(in.Instruction, 1000)})
	}
	return render("draft", in, in.Seal, blocks)
}

// JudgeInput is what the judge prompt needs.
type JudgeInput struct {
	Seal
	Reply    string
	Language string
	Claims   []Claim // the complaints that the reply must answer
	Facts    []Fact
	Playbook []NamedFact
	Approved []string
	Contact  string
	Thanks   bool
}

// Judge renders the judge prompt.
func Judge(in JudgeInput) (Messages, error) {
	return render("judge", in, in.Seal, []block{
		{"reply", Clean(in.Reply, MaxText)},
		{"points", cleanClaims(in.Claims)},
		{"facts", struct {
			Facts    []Fact      `json:"facts"`
			Playbook []NamedFact `json:"playbook"`
			Approved []string    `json:"approved_commitments"`
		}{cleanFacts(in.Facts), cleanNamed(in.Playbook), cleanAll(in.Approved)}},
	})
}

// TranslateInput is what the translate prompt needs.
type TranslateInput struct {
	Seal
	Text     string
	From, To string // BCP 47; From may be ""
}

// Translate renders the translate prompt.
func Translate(in TranslateInput) (Messages, error) {
	return render("translate", in, in.Seal, []block{{"text", Clean(in.Text, MaxText)}})
}

func (r Review) clean() Review {
	return Review{
		Title:   Clean(r.Title, 500),
		Body:    Clean(r.Body, MaxText),
		Author:  Clean(r.Author, 120),
		Subject: Clean(r.Subject, 200),
		Rating:  Clean(r.Rating, 40),
	}
}

func cleanClaims(in []Claim) []Claim {
	out := make([]Claim, len(in))
	for i, c := range in {
		out[i] = Claim{c.N, Clean(c.Text, 300), Clean(c.Words, 600)}
	}
	return out
}

func cleanFacts(in []Fact) []Fact {
	out := make([]Fact, len(in))
	for i, f := range in {
		out[i] = Fact{f.N, Clean(f.Text, 1000)}
	}
	return out
}

func cleanNamed(in []NamedFact) []NamedFact {
	out := make([]NamedFact, len(in))
	for i, f := range in {
		out[i] = NamedFact{Clean(f.Name, 100), Clean(f.Text, 1000)}
	}
	return out
}

func cleanAll(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = Clean(s, 2000)
	}
	return out
}
