// Package eval measures how well reviews are read and answered: it lets a
// drafter work through a set of reviews, holds every draft against the rubric,
// and says in figures what came out.
//
// A run makes a [Report]. [Report.JSON] keeps it, [Report.HTML] shows it, and
// [Compare] sets two runs side by side, so that a change of model or prompt can
// be judged by what it does to the same reviews. Nothing is published or
// stored, and no fact but the playbook's is known: what is measured is the first draft,
// before any person helps.
//
// What the figures mean, and what they do not, is told in docs/drafts.md. They
// count what code can count. Whether a reply is good is for people to read,
// which is why every draft stands in the report.
package eval
