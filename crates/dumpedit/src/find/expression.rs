//! A compiled regular expression: its matches are found by automata whose cost is bounded.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use regex_automata::hybrid::dfa::{self, Cache, DFA};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Anchored, Input, MatchKind, Span};
use regex_syntax::hir::Hir;

use crate::find::budget::{Budget, Costly};

/// Maximum size of a compiled expression, in bytes.
const LARGEST: usize = 10 << 20;

/// Finds an expression's matches: one automaton finds the end of a match, and the other one, backwards from there, its start. Their states
/// are built while a text is read.
#[derive(Clone, Debug)]
pub(crate) struct Expression(Arc<Automata>);

#[derive(Debug)]
struct Automata {
    forward: DFA,
    backward: DFA,
    /// Prefilter by the first bytes of matches, where they are known.
    prefilter: Option<Prefilter>,
    /// Whether a match may depend on the byte in front of it.
    looks_back: bool,
    caches: Mutex<Caches>,
}

/// The states built so far.
#[derive(Debug)]
struct Caches {
    forward: Cache,
    backward: Cache,
}

impl Expression {
    /// # Errors
    /// What is wrong with the expression, in one line.
    pub(crate) fn new(parsed: &Hir) -> Result<Expression, String> {
        let compiled = |backward| {
            let config = thompson::Config::new()
                .utf8(false)
                .reverse(backward)
                .which_captures(WhichCaptures::None)
                .nfa_size_limit(Some(LARGEST));
            let built = thompson::Compiler::new().configure(config).build_from_hir(parsed);
            built.map_err(|_| format!("it is larger than the limit of {LARGEST} bytes"))
        };
        let prefilter = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, parsed);
        let forward = dfa::Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .specialize_start_states(prefilter.is_some())
            .prefilter(prefilter.clone());
        let forward = automaton(forward, compiled(false)?)?;
        let backward = automaton(dfa::Config::new().match_kind(MatchKind::All), compiled(true)?)?;
        let caches = Caches { forward: forward.create_cache(), backward: backward.create_cache() };
        let looks_back = !forward.get_nfa().look_set_prefix_any().is_empty();
        let caches = Mutex::new(caches);
        Ok(Expression(Arc::new(Automata { forward, backward, prefilter, looks_back, caches })))
    }

    /// The first match in a part of a text, at the part's start where the expression is anchored there; look-around sees the text on either
    /// side of the part.
    pub(crate) fn find(
        &self,
        text: &[u8],
        part: Range<usize>,
        anchored: bool,
        budget: &mut Budget,
    ) -> Result<Option<Range<usize>>, Costly> {
        let Automata { backward, caches, .. } = &*self.0;
        let mut caches = caches.lock().unwrap_or_else(PoisonError::into_inner);
        let anchor = if anchored { Anchored::Yes } else { Anchored::No };
        let input = Input::new(text).range(part.clone()).anchored(anchor);
        let Some(end) = self.end_of_first(&input, &mut caches.forward, budget)? else { return Ok(None) };
        if anchored || end == part.start {
            return Ok(Some(part.start..end));
        }
        let before = Input::new(text).range(part.start..end).anchored(Anchored::Yes);
        let start = backward.try_search_rev(&mut caches.backward, &before).map_err(|_| Costly)?;
        Ok(start.map(|start| start.offset()..end))
    }

    /// The end of the first match.
    fn end_of_first(
        &self,
        input: &Input<'_>,
        cache: &mut Cache,
        budget: &mut Budget,
    ) -> Result<Option<usize>, Costly> {
        let Automata { forward, prefilter, looks_back, .. } = &*self.0;
        let Span { start, end } = input.get_span();
        let begin = |cache: &mut Cache, at| {
            forward.start_state_forward(cache, &input.clone().range(at..end)).map_err(|_| Costly)
        };
        let prefilter = prefilter.as_ref().filter(|_| !input.get_anchored().is_anchored());
        let mut state = begin(cache, start)?;
        let mut found = None;
        let mut at = start;
        let mut steps_from = start;
        cache.search_start(start);
        while at < end {
            if state.is_start()
                && let Some(prefilter) = prefilter
            {
                let Some(candidate) = prefilter.find(input.haystack(), Span { start: at, end }) else {
                    cache.search_finish(at);
                    return Ok(found);
                };
                if candidate.start > at {
                    budget.spend(at.saturating_sub(steps_from))?;
                    (at, steps_from) = (candidate.start, candidate.start);
                    if *looks_back {
                        state = begin(cache, at)?;
                    }
                }
            }
            let Some(byte) = input.haystack().get(at) else { break };
            cache.search_update(at);
            state = forward.next_state(cache, state, *byte).map_err(|_| Costly)?;
            if state.is_tagged() {
                if state.is_match() {
                    // An automaton reports a match one byte behind its end.
                    found = Some(at);
                } else if state.is_dead() {
                    break;
                }
            }
            at = at.saturating_add(1);
        }
        cache.search_finish(at);
        budget.spend(at.saturating_sub(steps_from))?;
        if at == end {
            let last = match input.haystack().get(end) {
                Some(byte) => forward.next_state(cache, state, *byte),
                None => forward.next_eoi_state(cache, state),
            };
            if last.map_err(|_| Costly)?.is_match() {
                found = Some(end);
            }
        }
        Ok(found)
    }
}

/// An automaton that gives up where it keeps building states that it hardly uses.
fn automaton(config: dfa::Config, compiled: NFA) -> Result<DFA, String> {
    /// Maximum size of cached states, in bytes.
    const ROOM: usize = 16 << 20;
    /// Number of bytes that could be read in the time to build a state, for each state of the compiled expression.
    const BYTES_A_STATE: usize = 8;
    let worth = compiled.states().len().checked_div(BYTES_A_STATE).unwrap_or(0).max(10);
    let config = config
        .cache_capacity(ROOM)
        .skip_cache_capacity_check(true)
        .minimum_cache_clear_count(Some(1))
        .minimum_bytes_per_state(Some(worth));
    DFA::builder().configure(config).build_from_nfa(compiled).map_err(|error| error.to_string())
}
