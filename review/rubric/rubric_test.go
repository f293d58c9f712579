package rubric

import "testing"

func TestLexiconsParse(t *testing.T) {
	lex, err := loadLexicons(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(lex.langs) == 0 {
		t.Fatal("no lexicon")
	}
	known := map[string]bool{"promise": true, "deadline": true, "done": true, "salutation": true}
	for _, c := range Checks {
		known[c] = true
	}
	for s := range lex.sections {
		if !known[s] {
			t.Errorf("section %q belongs to no check", s)
		}
	}
}
