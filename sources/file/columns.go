package file

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/evenkeel/evenkeel/review"
)

// Role is what a column means.
type Role string

// The roles of columns.
const (
	ID         Role = "id"
	Rating     Role = "rating"
	Title      Role = "title"
	Body       Role = "body"
	Language   Role = "language"
	Author     Role = "author"
	AuthorID   Role = "author_id"
	Created    Role = "created"
	Updated    Role = "updated"
	URL        Role = "url"
	Reply      Role = "reply"
	ReplyAt    Role = "reply_at"
	Verified   Role = "verified"
	Subject    Role = "subject"
	SubjectID  Role = "subject_id"
	SubjectURL Role = "subject_url"
	Account    Role = "account"
	Location   Role = "location"

	ignored Role = "-"
)

// Roles lists the roles in the order in which people read them.
var Roles = []Role{ID, Rating, Title, Body, Language, Author, AuthorID, Created, Updated, URL, Reply, ReplyAt, Verified, Subject, SubjectID, SubjectURL, Account, Location}

// names are the headers that mean a role, the surest first, as [plain] writes
// them. They come from exports of shops and review sites in several languages.
var names = map[Role][]string{
	ID:         {"reviewid", "id", "externalid", "uuid", "commentid", "feedbackid", "ratingid", "bewertungsid", "bewertungid", "idavis", "avisid", "idreseña", "idopinion", "レビューid", "口コミid", "리뷰id"},
	Rating:     {"rating", "reviewrating", "stars", "starrating", "score", "note", "bewertung", "sterne", "anzahlsterne", "sternebewertung", "beoordeling", "sterren", "waardering", "étoiles", "etoiles", "puntuación", "puntuacion", "calificación", "calificacion", "estrellas", "valoración", "valoracion", "評価", "星", "星評価", "総合評価", "별점", "평점", "評分"},
	Title:      {"title", "reviewtitle", "headline", "summary", "reviewheadline", "titel", "überschrift", "titre", "título", "titulo", "タイトル", "件名", "제목", "標題"},
	Body:       {"reviewtext", "reviewbody", "body", "content", "text", "review", "comment", "reviewcontent", "reviewcomment", "comments", "message", "commenttext", "feedback", "description", "bewertungstext", "kommentar", "rezension", "beoordelingstekst", "opmerking", "recensie", "avis", "commentaire", "texte", "comentario", "reseña", "resena", "opinión", "opinion", "texto", "本文", "レビュー", "レビュー本文", "口コミ", "コメント", "感想", "리뷰", "리뷰내용", "내용", "후기", "評論"},
	Language:   {"language", "lang", "locale", "reviewlanguage", "languagecode", "reviewerlanguage", "sprache", "taal", "langue", "idioma", "言語", "언어"},
	Author:     {"author", "username", "reviewer", "reviewername", "authorname", "user", "nickname", "reviewernickname", "customername", "customer", "displayname", "userdisplayname", "consumername", "consumerdisplayname", "profilename", "name", "autor", "verfasser", "benutzer", "kunde", "kundenname", "auteur", "klant", "naam", "nom", "pseudo", "nombre", "usuario", "cliente", "投稿者", "ユーザー名", "ニックネーム", "名前", "작성자", "이름", "닉네임"},
	AuthorID:   {"authorid", "userid", "reviewerid", "customerid", "consumerid", "profileid"},
	Created:    {"created", "createdat", "createddate", "creationdate", "reviewdate", "date", "submittedat", "submissiondate", "reviewcreatedat", "datecreated", "publishedat", "published", "publisheddate", "timestamp", "createtime", "at", "time", "reviewsubmitdateandtime", "datum", "erstelltam", "bewertungsdatum", "geplaatstop", "dateavis", "datedelavis", "fecha", "fechadecreación", "data", "日付", "投稿日", "投稿日時", "날짜", "작성일", "日期"},
	Updated:    {"updated", "updatedat", "lastmodified", "modified", "modifiedat", "dateupdated", "lastupdated", "lastupdatedate", "updatetime", "editedat", "reviewlastupdatedateandtime", "geändertam", "bijgewerkt", "modifiéle", "actualizado", "更新日", "수정일"},
	URL:        {"url", "reviewurl", "link", "reviewlink", "permalink", "href", "リンク", "링크"},
	Reply:      {"reply", "replycontent", "replytext", "response", "responsetext", "responsebody", "ownerresponse", "ownerreply", "reviewreply", "reviewreplycomment", "companyreply", "companyreplytext", "developerreply", "developerreplytext", "sellerreply", "businessresponse", "publicreply", "answer", "antwort", "händlerantwort", "reactie", "antwoord", "réponse", "reponse", "respuesta", "返信", "返答", "オーナーからの返信", "답글", "답변"},
	ReplyAt:    {"replyat", "replieat", "repliedat", "replydate", "replycreatedat", "responsedate", "responseat", "replytime", "companyreplydate", "developerreplydateandtime", "replyupdatedat", "reviewreplyupdatetime", "返信日", "답글일"},
	Verified:   {"verified", "isverified", "verifiedpurchase", "verifiedbuyer", "purchaseverified", "verifiziert", "verifizierterkauf", "geverifieerd", "achatvérifié", "verificado"},
	Subject:    {"product", "productname", "producttitle", "item", "itemname", "itemtitle", "hotel", "hotelname", "appname", "app", "businessname", "placename", "storename", "produkt", "produktname", "artikel", "produit", "producto", "商品", "商品名", "施設名", "상품", "상품명"},
	SubjectID:  {"productid", "sku", "itemid", "asin", "productsku", "appid", "packagename", "businessid", "placeid", "artikelnummer", "商品id", "상품id"},
	SubjectURL: {"producturl", "productlink", "itemurl", "producthandleurl"},
	Account:    {"account", "accountid", "businessunit", "businessunitid"},
	Location:   {"location", "locationid", "locationname", "store", "storeid", "branch", "filiale", "standort", "vestiging", "店舗", "지점"},
}

// plain is a header without case, spaces and punctuation; of a dotted name all
// parts count.
func plain(header string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, header)
}

// column is where a role's value stands: the index of a cell, or a JSON name.
type column struct {
	index int
	name  string
}

// Mapping is how a file is read: what was given, and what was guessed.
type Mapping struct {
	Format    Format
	Separator byte          // of separated values; 0 = one cell in a row
	Encoding  func() string // known for sure when all is read
	Header    bool          // the first row named the columns
	Language  string        // of reviews that do not say
	Scale     string        // of ratings, in words

	document *document
	columns  map[Role]column
	known    map[string]bool // names seen so far, of JSON whose columns are guessed
	unused   []string
	width    int // cells that a row must have
	exact    bool
	kind     review.RatingKind
	max      float64
	order    dateOrder
}

// value is the record's text for a role.
func (m *Mapping) value(rec record, role Role) string {
	c, ok := m.columns[role]
	switch {
	case !ok:
		return ""
	case rec.object != nil:
		return rec.object[c.name]
	case c.index < len(rec.cells):
		return rec.cells[c.index]
	}
	return ""
}

// meet takes a JSON record's names that came up for the first time: members that
// are mostly absent may well not be in the sample.
func (m *Mapping) meet(rec record) (late []Role) {
	if m.known == nil || rec.object == nil {
		return nil
	}
	var fresh []string
	for name := range rec.object {
		if !m.known[name] && len(m.known) < maxNames {
			m.known[name] = true
			fresh = append(fresh, name)
		}
	}
	slices.Sort(fresh)
	for _, name := range fresh {
		role, at := roleOf(name)
		if at < 0 {
			role, at = innerRole(name)
		}
		if _, taken := m.columns[role]; at >= 0 && !taken {
			m.columns[role] = column{-1, name}
			late = append(late, role)
		}
	}
	return late
}

// maxNames bounds how many names of a JSON file are remembered.
const maxNames = 1000

// misfit says what is wrong with the number of a row's cells: such rows mostly
// hold a separator or a line break that should have been quoted.
func (m *Mapping) misfit(rec record) string {
	if rec.object != nil || m.Format != Separated {
		return ""
	}
	n := len(rec.cells)
	if m.exact {
		for n > m.width && strings.TrimSpace(rec.cells[n-1]) == "" {
			n--
		}
	}
	if n == m.width || n > m.width && !m.exact {
		return ""
	}
	return fmt.Sprintf("it has %d cells instead of %d", n, m.width)
}

// String shows the mapping to people, one line.
func (m Mapping) String() string {
	var parts []string
	for _, role := range Roles {
		if c, ok := m.columns[role]; ok {
			text := fmt.Sprintf("%s ← %s", role, c.name)
			if role == Rating {
				text += " (" + m.Scale + ")"
			}
			parts = append(parts, text)
		}
	}
	if _, ok := m.columns[ID]; !ok {
		parts = append(parts, "id ← made of the content")
	}
	if m.Language != "" {
		parts = append(parts, "language = "+m.Language+" where none is said")
	}
	if len(m.unused) > 0 {
		parts = append(parts, "not used: "+strings.Join(m.unused, ", "))
	}
	return m.layout() + ": " + strings.Join(parts, "; ")
}

func (m Mapping) layout() string {
	var s string
	switch m.Format {
	case JSON:
		s = "JSON"
		if m.document != nil && m.document.where != "" {
			s += fmt.Sprintf(", the list %q", m.document.where)
		}
	case Lines:
		s = "JSON Lines"
	default:
		s = map[byte]string{'\t': "tab", ';': "semicolon", ',': "comma", '|': "bar"}[m.Separator]
		s = cmp.Or(s, "one cell") + " separated"
		if m.Separator == 0 {
			s = "one text on each line"
		}
		if m.Header {
			s += " with a header"
		} else {
			s += " without a header"
		}
	}
	if m.Encoding != nil {
		s += ", " + m.Encoding()
	}
	return s
}

// mapColumns decides which column is what, by the options and the sample.
func (r *Reader) mapColumns() error {
	m := &r.mapping
	m.columns = map[Role]column{}
	header, err := r.header()
	if err != nil {
		return err
	}
	if len(r.opts.Columns) > 0 {
		err = m.given(r.opts.Columns, header)
	} else {
		m.guess(header)
		if m.Format != Separated {
			m.known = map[string]bool{}
			for _, h := range header {
				m.known[h] = true
			}
		}
	}
	if err != nil {
		return err
	}
	_, body := m.columns[Body]
	_, title := m.columns[Title]
	_, rating := m.columns[Rating]
	if !body && !title && (!rating || r.opts.RatingKind == review.Unrated) {
		return fmt.Errorf("no column holds a review's text or rating; say which one does with --columns, for example --columns id,rating,body or body=NAME. The columns are: %s", list(header))
	}
	for i, h := range header {
		if !slices.ContainsFunc(slices.Collect(maps.Values(m.columns)), func(c column) bool { return c.index == i }) {
			m.unused = append(m.unused, h)
		}
	}
	if m.Language = r.opts.Language; m.Language == "" && m.document != nil {
		m.Language = m.document.language
	}
	r.guessScale()
	r.guessDates()
	return nil
}

// header is the columns' names, invented where the file gives none.
func (r *Reader) header() ([]string, error) {
	m := &r.mapping
	if m.Format != Separated {
		return r.jsonNames()
	}
	first := slices.IndexFunc(r.sample, func(rec record) bool { return rec.bad == "" })
	if first < 0 {
		return nil, &LineError{1, "no row here can be read as separated values"}
	}
	cells := r.sample[first].cells
	m.Header = looksLikeHeader(cells)
	if r.opts.Header != nil {
		m.Header = *r.opts.Header
	}
	m.width, m.exact = len(cells), true
	if m.Header {
		r.sample = slices.Delete(r.sample, first, first+1)
		out := slices.Clone(cells)
		for i, c := range out {
			out[i] = cmp.Or(strings.TrimSpace(c), fmt.Sprintf("column %d", i+1))
		}
		return out, nil
	}
	var out []string
	for i := range cells {
		out = append(out, fmt.Sprintf("column %d", i+1))
	}
	return out, nil
}

func (r *Reader) jsonNames() ([]string, error) {
	found := map[string]bool{}
	for _, rec := range r.sample {
		for name := range rec.object {
			found[name] = true
		}
	}
	if len(found) == 0 && len(r.sample) == 0 {
		return nil, fmt.Errorf("the list of reviews is empty")
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// looksLikeHeader tells names of columns from a first review.
func looksLikeHeader(cells []string) bool {
	known := 0
	for _, c := range cells {
		c = strings.TrimSpace(c)
		if len(c) > 60 {
			return false
		}
		if _, err := strconv.ParseFloat(c, 64); err == nil {
			return false
		}
		if _, rank := roleOf(c); rank >= 0 {
			known++
		}
	}
	return known > 0 && 3*known >= min(len(cells), 6)
}

// roleOf is the role that a header names, and how sure that is: 0 is surest, -1
// is not at all.
func roleOf(header string) (Role, int) {
	h := plain(header)
	for _, role := range Roles {
		if i := slices.Index(names[role], h); i >= 0 {
			return role, i
		}
	}
	return "", -1
}

// guess gives each role the column whose name fits best.
func (m *Mapping) guess(header []string) {
	rank := map[Role]int{}
	take := func(role Role, at int, c column) {
		if best, taken := rank[role]; !taken || at < best {
			rank[role], m.columns[role] = at, c
		}
	}
	for i, h := range header {
		c := column{i, h}
		if role, at := roleOf(h); at >= 0 {
			take(role, at, c)
		} else if role, at := innerRole(h); at >= 0 {
			take(role, at, c)
		}
	}
}

// innerRole understands dotted JSON names such as "author.name", less surely.
func innerRole(h string) (Role, int) {
	const lessSure = 10 // before a bare "name", after a name of its own
	outer, inner, dotted := strings.Cut(h, ".")
	if !dotted {
		return "", -1
	}
	role, _ := roleOf(outer)
	part := plain(inner)
	switch {
	case role == Author && slices.Contains([]string{"name", "displayname", "nickname", "username"}, part):
		return Author, lessSure
	case role == Author && part == "id":
		return AuthorID, lessSure
	case role == Subject && (part == "name" || part == "title"):
		return Subject, lessSure
	case role == Subject && part == "id":
		return SubjectID, lessSure
	case role == Rating && (part == "value" || part == "stars"):
		return Rating, lessSure
	case role == Reply && slices.Contains([]string{"text", "content", "comment", "body"}, part):
		return Reply, lessSure
	case role == Reply && slices.Contains([]string{"date", "createdat", "updated", "updatetime", "at"}, part):
		return ReplyAt, lessSure
	}
	return "", -1
}

// byPosition tells --columns id,-,body from --columns body=content.
func byPosition(columns []string) bool {
	return len(columns) > 0 && !slices.ContainsFunc(columns, func(c string) bool { return strings.Contains(c, "=") })
}

// given maps the columns as people said.
func (m *Mapping) given(columns []string, header []string) error {
	positional := byPosition(columns)
	if positional && m.Format != Separated {
		return fmt.Errorf("a JSON file has names, not positions; write for example --columns body=NAME. The names are: %s", list(header))
	}
	if positional && !m.Header {
		// What lies beyond the columns that were said does not matter, and rows
		// may end with the last that does.
		if len(columns) > len(header) {
			return fmt.Errorf("--columns names %d columns, the file has %d", len(columns), len(header))
		}
		m.width, m.exact = len(columns), false
		for m.width > 1 && Role(strings.TrimSpace(columns[m.width-1])) == ignored {
			m.width--
		}
	}
	for i, c := range columns {
		name, where, named := strings.Cut(strings.TrimSpace(c), "=")
		role := Role(strings.ToLower(strings.TrimSpace(name)))
		if role == ignored && !named {
			continue
		}
		if !slices.Contains(Roles, role) {
			return fmt.Errorf("%q is not something that a column can be; there are %s, and - for a column to leave out", clip(string(role)), list(Roles))
		}
		if _, twice := m.columns[role]; twice {
			return fmt.Errorf("--columns says twice which column is the %s", role)
		}
		at := i
		if !positional {
			if !named {
				return fmt.Errorf("--columns mixes positions and names; write %s=NAME too", role)
			}
			if at = find(header, strings.TrimSpace(where)); at < 0 {
				return fmt.Errorf("there is no column %q; the columns are: %s", where, list(header))
			}
		}
		if at >= len(header) {
			return fmt.Errorf("--columns names %d columns, the file has %d", len(columns), len(header))
		}
		m.columns[role] = column{at, header[at]}
	}
	return nil
}

// find is the index of a column by its name or its position from 1.
func find(header []string, where string) int {
	if i := slices.Index(header, where); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(h, where) }); i >= 0 {
		return i
	}
	if n, err := strconv.Atoi(where); err == nil && n >= 1 && n <= len(header) {
		return n - 1
	}
	return -1
}

func list[T ~string](items []T) string {
	var out []string
	for _, i := range items {
		out = append(out, clip(string(i)))
	}
	return strings.Join(out, ", ")
}
