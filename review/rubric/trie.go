package rubric

import "slices"

// trie holds terms by their letters.
type trie struct {
	nodes []node
	where map[int32][]int32 // concept → nodes that end a term of it
}

type node struct {
	next map[rune]int32
	ends []termEnd
}

// termEnd is a term that ends at a node.
type termEnd struct {
	concept   int32
	stem      bool // more letters of the word may follow
	looseOnly bool // counts only among letters that stood apart
}

func newTrie() *trie { return &trie{nodes: make([]node, 1), where: make(map[int32][]int32)} }

func (t *trie) add(term []rune, end termEnd) {
	at := int32(0)
	for _, r := range term {
		n, ok := t.nodes[at].next[r]
		if !ok {
			n = int32(len(t.nodes))
			t.nodes = append(t.nodes, node{})
			if t.nodes[at].next == nil {
				t.nodes[at].next = make(map[rune]int32, 1)
			}
			t.nodes[at].next[r] = n
		}
		at = n
	}
	t.end(at, end)
}

func (t *trie) end(at int32, end termEnd) {
	if slices.Contains(t.nodes[at].ends, end) {
		return
	}
	t.nodes[at].ends = append(t.nodes[at].ends, end)
	t.where[end.concept] = append(t.where[end.concept], at)
}

// alias makes every term of one concept a term of another too.
func (t *trie) alias(from, to int32) {
	for _, at := range t.where[from] {
		for _, e := range t.nodes[at].ends {
			if e.concept == from {
				e.concept = to
				t.end(at, e)
			}
		}
	}
}

// walk calls found for every term that begins at rune i of v, with the rune
// after its end. A wildcard in the text stands for any letter.
func (t *trie) walk(v *view, i int, found func(e termEnd, end int)) { t.step(v, 0, i, found) }

func (t *trie) step(v *view, at int32, i int, found func(termEnd, int)) {
	for {
		for _, e := range t.nodes[at].ends {
			found(e, i)
		}
		if i >= len(v.runes) || t.nodes[at].next == nil {
			return
		}
		if v.runes[i] == wildcard {
			for r, n := range t.nodes[at].next {
				if r != ' ' {
					t.step(v, n, i+1, found)
				}
			}
			return
		}
		n, ok := t.nodes[at].next[v.runes[i]]
		if !ok {
			return
		}
		at, i = n, i+1
	}
}
