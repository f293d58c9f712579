package checker

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Entry is one line of an exported audit log.
type Entry struct {
	Seq    int64             `json:"seq"`
	At     string            `json:"at"`
	Case   int64             `json:"case"`
	Actor  string            `json:"actor"`
	Verb   string            `json:"verb"`
	From   string            `json:"from"`
	To     string            `json:"to"`
	Detail map[string]string `json:"detail"`
	Prev   string            `json:"prev"`
	Hash   string            `json:"hash"`
}

// When is the time of the entry; zero when it is none.
func (e Entry) When() time.Time {
	t, err := time.Parse(time.RFC3339Nano, e.At)
	if err != nil {
		return time.Time{}
	}
	return t
}

// sum is the hash that e should have, as review/audit documents it.
func (e Entry) sum() string {
	parts := []string{"evenkeel.audit.1", e.Prev, strconv.FormatInt(e.Seq, 10), e.At, strconv.FormatInt(e.Case, 10), e.Actor, e.Verb, e.From, e.To}
	for _, k := range slices.Sorted(maps.Keys(e.Detail)) {
		parts = append(parts, k, e.Detail[k])
	}
	return sum(parts...)
}

// isProgram tells the program's parts from people.
func isProgram(actor string) bool { return strings.HasPrefix(actor, "system:") }

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// ReadAudit reads what `evenkeel audit export` wrote.
func ReadAudit(r io.Reader) ([]Entry, error) {
	var out []Entry
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("line %d of the audit log: %w", len(out)+1, err)
		}
		out = append(out, e)
	}
	return out, lines.Err()
}

// ReadCases reads what `evenkeel export cases --format csv` wrote.
func ReadCases(r io.Reader) ([]Case, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("the export has no header")
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, name := range []string{"case", "status", "source", "review_id", "reply"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("the export has no column %s", name)
		}
	}
	var out []Case
	for _, row := range rows[1:] {
		id, err := strconv.ParseInt(row[at["case"]], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of a case", row[at["case"]])
		}
		out = append(out, Case{
			ID: id, Status: row[at["status"]], Reply: row[at["reply"]],
			Review: Review{Source: row[at["source"]], ID: row[at["review_id"]]},
		})
	}
	return out, nil
}
