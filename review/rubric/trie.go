package rubric

import "slices"

// trie holds terms by their letters.
type trie struct {
	nodes []node
	where map[int32][]int32 // concept → nodes that end a term of it
	keys  []rune            // of all nodes, once all terms are in: walking them stays in few cache lines
	kids  []int32
	firm  []firm
}

// firm is a node that will not change any more.
type firm struct {
	from, to int32       // its range of keys and kids
	low      *[128]int32 // the children by ASCII letter, where there are many
	ends     []termEnd
	core     []termEnd
}

// node has its children in the order of their letters.
type node struct {
	keys []rune
	kids []int32
	ends []termEnd // of every concept
	core []termEnd // of those that reviews and facts are read for
}

// child is the node that the letter leads to, 0 for none.
func (n *node) child(r rune) int32 {
	if i, ok := slices.BinarySearch(n.keys, r); ok {
		return n.kids[i]
	}
	return 0
}

// child is the node that the letter leads to, 0 for none.
func (t *trie) child(n *firm, r rune) int32 {
	if n.low != nil && r < int32(len(n.low)) {
		return n.low[r]
	}
	keys := t.keys[n.from:n.to]
	if len(keys) <= 8 {
		for i, k := range keys {
			if k == r {
				return t.kids[n.from+int32(i)]
			}
		}
		return 0
	}
	if i, ok := slices.BinarySearch(keys, r); ok {
		return t.kids[n.from+int32(i)]
	}
	return 0
}

// termEnd is a term that ends at a node.
type termEnd struct {
	concept int32
	stem    bool // more letters of the word may follow
	core    bool // its concept is one that reviews and facts are read for
}

func newTrie() *trie { return &trie{nodes: make([]node, 1), where: make(map[int32][]int32)} }

func (t *trie) add(term []rune, end termEnd) {
	at := int32(0)
	for _, r := range term {
		n := t.nodes[at].child(r)
		if n == 0 {
			n = int32(len(t.nodes))
			t.nodes = append(t.nodes, node{})
			from := &t.nodes[at]
			i, _ := slices.BinarySearch(from.keys, r)
			from.keys, from.kids = slices.Insert(from.keys, i, r), slices.Insert(from.kids, i, n)
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
	if end.core {
		t.nodes[at].core = append(t.nodes[at].core, end)
	}
	t.where[end.concept] = append(t.where[end.concept], at)
}

// freeze makes the trie ready for walking, once all terms are in.
func (t *trie) freeze() {
	t.firm = make([]firm, len(t.nodes))
	for i, n := range t.nodes {
		f := firm{from: int32(len(t.keys)), ends: n.ends, core: n.core}
		t.keys, t.kids = append(t.keys, n.keys...), append(t.kids, n.kids...)
		f.to = int32(len(t.keys))
		if len(n.keys) > 4 {
			f.low = new([128]int32)
			for k, r := range n.keys {
				if r < int32(len(f.low)) {
					f.low[r] = n.kids[k]
				}
			}
		}
		t.firm[i] = f
	}
	t.nodes = nil
}

// alias makes every term of one concept a term of another too.
func (t *trie) alias(from, to int32) {
	for _, at := range t.where[from] {
		for _, e := range t.nodes[at].ends {
			if e.concept == from {
				e.concept, e.core = to, false
				t.end(at, e)
			}
		}
	}
}

// walk calls found for every term that begins at rune i of v, with the rune
// after its end; with core only those that reviews and facts are read for. A wildcard in the text stands for any letter.
func (t *trie) walk(v *view, i int, core bool, found func(e termEnd, end int)) {
	t.step(v, 0, i, core, found)
}

func (t *trie) step(v *view, at int32, i int, core bool, found func(termEnd, int)) {
	for {
		from := &t.firm[at]
		ends := from.ends
		if core {
			ends = from.core
		}
		for _, e := range ends {
			found(e, i)
		}
		if i >= len(v.runes) || from.from == from.to {
			return
		}
		if v.runes[i] == wildcard {
			for k := from.from; k < from.to; k++ {
				if t.keys[k] != ' ' {
					t.step(v, t.kids[k], i+1, core, found)
				}
			}
			return
		}
		n := t.child(from, v.runes[i])
		if n == 0 {
			return
		}
		at, i = n, i+1
	}
}
