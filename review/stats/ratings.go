package stats

// Ratings is how reviews are rated and answered. Removed ones are not in it.
type Ratings struct {
	Stars           [6]int64 // reviews with 1 … 5 stars; [0] those without a mark
	Answered        [6]int64 // of these, the ones that have an answer
	Good, Mixed     int64    // four fifths or better; neither good nor bad
	Bad             int64    // below three and a half fifths
	thousandthsSums int64
}

// N is how many reviews there are.
func (r *Ratings) N() int64 { return r.Rated() + r.Stars[0] }

// Rated is how many reviews have a mark.
func (r *Ratings) Rated() int64 { return sum(r.Stars[1:]) }

// Mean is the mean of the marks in stars; ok is false without any.
func (r *Ratings) Mean() (mean float64, ok bool) {
	if r.Rated() == 0 {
		return 0, false
	}
	return float64(r.thousandthsSums) / 1000 / float64(r.Rated()), true
}

// GoodPerBad is how many good reviews stand beside each bad one; ok is false
// when there is no bad one.
func (r *Ratings) GoodPerBad() (ratio float64, ok bool) {
	if r.Bad <= 0 {
		return 0, false
	}
	return float64(r.Good) / float64(r.Bad), true
}

// ResponseRate is the share of reviews that have an answer, from 0 to 1; ok is
// false without reviews.
func (r *Ratings) ResponseRate() (share float64, ok bool) { return share64(sum(r.Answered[:]), r.N()) }

// CriticalRate is the [Ratings.ResponseRate] of reviews with one to three stars.
func (r *Ratings) CriticalRate() (share float64, ok bool) {
	return share64(sum(r.Answered[1:4]), sum(r.Stars[1:4]))
}

func share64(part, whole int64) (float64, bool) {
	if whole <= 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

func sum(list []int64) (n int64) {
	for _, v := range list {
		n += v
	}
	return n
}

// Band says where the number of good reviews beside each bad one lies. From
// ten to a hundred good ones a bad one is softened and the record is believed;
// a record without a single bad one is read with suspicion. No band is a goal.
type Band string

// The bands.
const (
	TooFew   Band = "too few" // fewer than minRated marks: nothing can be said
	Heavy    Band = "heavy"   // fewer than ten good ones beside a bad one
	Softened Band = "softened"
	Rare     Band = "rare"     // more than a hundred good ones beside a bad one
	Spotless Band = "spotless" // no bad one at all
)

const (
	minRated   = 20
	bandBegins = 10
	bandEnds   = 100
)

// Band is the band of these ratings. Both ends of the middle one belong to it.
func (r *Ratings) Band() Band {
	ratio, ok := r.GoodPerBad()
	switch {
	case r.Rated() < minRated:
		return TooFew
	case !ok:
		return Spotless
	case ratio < bandBegins:
		return Heavy
	case ratio <= bandEnds:
		return Softened
	}
	return Rare
}

// Sentence says what a band means, in one calm line.
func (b Band) Sentence() string {
	switch b {
	case TooFew:
		return "too few marks to say anything"
	case Heavy:
		return "fewer than 10 good ones beside each bad one: a bad one weighs; look at the causes first"
	case Softened:
		return "between 10 and 100 good ones beside each bad one: a bad one is softened, and the record is believed"
	case Rare:
		return "more than 100 good ones beside each bad one: readers may begin to wonder; nothing to do"
	case Spotless:
		return "no bad one at all: readers trust 99 more than 100; nothing to do, and nothing to remove"
	}
	return ""
}

func (r *Ratings) take(what What, key string, n int64) {
	switch what {
	case Reviews:
		if i, ok := star(key); ok {
			r.Stars[i] += n
		}
	case Answered:
		if i, ok := star(key); ok {
			r.Answered[i] += n
		}
	case Marks:
		r.thousandthsSums += n
	case Moods:
		switch key {
		case "good":
			r.Good += n
		case "bad":
			r.Bad += n
		case "mixed":
			r.Mixed += n
		}
	}
}

func star(key string) (int, bool) {
	if len(key) != 1 || key[0] < '0' || key[0] > '5' {
		return 0, false
	}
	return int(key[0] - '0'), true
}

// Add adds other reviews to these.
func (r *Ratings) Add(o *Ratings) {
	for i := range r.Stars {
		r.Stars[i] += o.Stars[i]
		r.Answered[i] += o.Answered[i]
	}
	r.Good, r.Mixed, r.Bad = r.Good+o.Good, r.Mixed+o.Mixed, r.Bad+o.Bad
	r.thousandthsSums += o.thousandthsSums
}
