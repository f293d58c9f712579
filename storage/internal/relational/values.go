package relational

import (
	"database/sql"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/review"
)

// micros is a time as it is stored: microseconds since 1970 in UTC, NULL for
// the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// moment reads what micros wrote.
func moment(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.UnixMicro(v.Int64).UTC()
}

// hexOrNull is a digest as a searchable column has it, NULL for none.
func hexOrNull(d review.Digest) any {
	if d.IsZero() {
		return nil
	}
	return d.String()
}

// ident makes a foreign id fit for a text column and keeps different ids
// different: PostgreSQL's TEXT takes neither NUL nor invalid UTF-8.
func ident(s string) string {
	if storable(s) {
		return s
	}
	return "hex:" + hex.EncodeToString([]byte(s))
}

// label makes words that only people read fit for a text column.
func label(s string) string {
	if storable(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// bit is a bool as both databases keep it.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// bytesOrNull is words that must come back byte for byte.
func bytesOrNull(s string) any {
	if s == "" {
		return nil
	}
	return []byte(s)
}
