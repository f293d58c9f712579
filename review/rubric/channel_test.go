package rubric

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/review"
)

// TestChannelByReference: a way that is named by the place where it stands is the
// one private channel; with another way it is one too many, and a request for the
// customer's own data is none.
func TestChannelByReference(t *testing.T) {
	const mail = "care@example.test"
	one, none, two := "", "names no allowed contact", "more than one way"
	for _, tt := range []struct{ text, want string }{
		{"You can reach us through the contact details on our listing.", one},
		{"Please call us on the number on your booking confirmation.", one},
		{"The e-mail on your invoice reaches us.", one},
		{"Just message us through the app.", one},
		{"Please message us here on Tripadvisor.", one},
		{"Simply reply to the confirmation e-mail.", one},
		{"Über den Kontakt in unserem Profil erreichen Sie uns.", one},
		{"Bitte rufen Sie uns unter der Nummer auf Ihrer Rechnung an.", one},
		{"Sie erreichen uns über den Chat in der App.", one},
		{"Vous pouvez nous joindre par les coordonnées de notre page.", one},
		{"Appelez le numéro indiqué sur votre facture.", one},
		{"Via de gegevens op onze pagina kunt u ons bereiken.", one},
		{"Stuur ons een bericht in de app.", one},
		{"Puede escribirnos con los datos de contacto que figuran en nuestra página.", one},
		{"El teléfono que aparece en su factura lo atendemos nosotros.", one},
		{"当館ページ記載の連絡先よりお聞かせいただければ幸いです。", one},
		{"アプリのチャットからお知らせください。", one},
		{"저희 페이지의 연락처로 알려 주시면 살펴보겠습니다.", one},
		{"영수증에 있는 전화번호로 연락 주세요.", one},
		{"Please write to us at " + mail + ", the address on our profile.", one},
		{"We have corrected the number on our page. Please write to " + mail + ".", one},

		{"Please write to us at " + mail + " or use the contact on our profile.", two},
		{"The e-mail on your invoice reaches us, or ring the number on the card.", two},
		{"Schreiben Sie an " + mail + " oder nutzen Sie den Kontakt im Profil.", two},

		{"Please tell us the e-mail address on your invoice.", none},
		{"What is the phone number on your account?", none},
		{"Please call the number in your review.", none},
		{"Bitte rufen Sie die Nummer in Ihrer Bewertung an.", none},
		{"Appelez le numéro de votre avis.", none},
		{"Bel het nummer in uw recensie.", none},
		{"Llame al número de su reseña.", none},
		{"Please ask for the foreman at the counter.", none},
		{"We have put the new opening hours on our website.", none},
		{"You booked through our website and the confirmation was wrong.", none},
		{"Wir haben die Speisekarte auf der Website korrigiert.", none},
		{"予約確認メールの番号を教えてください。", none},
	} {
		in := Input{Text: tt.text, Verdict: review.VerdictReply, Contacts: []string{mail}, Review: review.Review{Body: "Cold.", Rating: review.StarRating(2)}}
		got := ""
		for _, f := range Check(in) {
			if f.Check == PrivateChannel && f.Level == review.Block {
				got = f.Message
			}
		}
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestReferences: the ways that people name by where they stand, in every
// language, one a line of testdata/references.txt: "de|Bitte rufen Sie die …".
func TestReferences(t *testing.T) {
	lines, err := os.ReadFile("testdata/references.txt")
	if err != nil {
		t.Fatal(err)
	}
	// A review and an answer that takes it up.
	waits := map[string][2]string{
		"en": {"Waited nine hours.", "Nine hours is a long wait."}, "de": {"Neun Stunden gewartet.", "Neun Stunden sind eine lange Wartezeit."},
		"nl": {"Negen uur gewacht.", "Negen uur is lang wachten."}, "fr": {"Neuf heures d'attente.", "Neuf heures d'attente, c'est long."},
		"es": {"Nueve horas de espera.", "Nueve horas de espera son muchas."}, "ja": {"9時間も待ちました。", "9時間もお待ちいただくことになりました。"},
		"ko": {"9시간을 기다렸어요.", "9시간이나 기다리셨습니다."},
	}
	for line := range strings.Lines(string(lines)) {
		lang, way, _ := strings.Cut(strings.TrimSpace(line), "|")
		wait, ok := waits[lang]
		if !ok {
			t.Fatalf("%q names no language", line)
		}
		e := example{Lang: lang, Review: wait[0], Reply: wait[1] + " " + way, Verdict: "reply", Rating: 2}
		for _, f := range Check(e.input(nil)) {
			if f.Level == review.Block {
				t.Errorf("%q: %s %q", way, f.Check, f.Words)
			}
		}
	}
}

// TestChannelWithoutList: where no contact is listed, a reference is enough, and
// a spelled address is held back with a word on how to allow it.
func TestChannelWithoutList(t *testing.T) {
	in := Input{Verdict: review.VerdictReply, Review: review.Review{Body: "The soup was cold.", Rating: review.StarRating(2)}}
	in.Text = "The soup should have been hot, sorry. You can reach us through the contact details on our listing."
	if fs := Check(in); len(fs) > 0 {
		t.Errorf("a reference without a list: %v", fs)
	}
	in.Text = "The soup should have been hot, sorry. Write to us at help@shop.test."
	fs := Check(in)
	if i := slices.IndexFunc(fs, func(f review.Finding) bool { return f.Check == PersonalData }); i < 0 || !strings.Contains(fs[i].Message, "--contact") {
		t.Errorf("a spelled address that nobody allowed: %v", fs)
	}
}

// TestUnmentioned: what the review did not bring up stays out of the reply.
func TestUnmentioned(t *testing.T) {
	for _, tt := range []struct {
		review, reply string
		blocked       bool
	}{
		{"The manager was dismissive.", "Given the pregnancy you told us about, we understand that it was tiring.", true},
		{"I am pregnant and had to stand.", "Standing so long while pregnant is hard, and we are sorry.", false},
		{"The room was loud.", "We know that your husband complained at the desk as well that night.", true},
		{"My husband found the room loud.", "Your husband should have slept better, and so should you.", false},
		{"The gym manager was rude.", "We are sorry, and I have had a word with Darren Whitlock about that evening and his tone.", true},
		{"The gym manager was rude.", "We are sorry about the tone and talk about it in the team. Kind regards, Darren", false},
		{"Das Zimmer war laut.", "Laut den Aufzeichnungen der Kamera sind Sie um elf mit Gästen gekommen.", true},
		{"La chambre était bruyante.", "D'après notre système, vous étiez déjà en retard de paiement en mai.", true},
	} {
		in := Input{Text: tt.reply, Verdict: review.VerdictReply, Review: review.Review{Body: tt.review, Rating: review.StarRating(2)}}
		got := slices.ContainsFunc(Check(in), func(f review.Finding) bool { return f.Check == PersonalData && f.Level == review.Block })
		if got != tt.blocked {
			t.Errorf("%q: blocked %v, want %v", tt.reply, got, tt.blocked)
		}
	}
}
