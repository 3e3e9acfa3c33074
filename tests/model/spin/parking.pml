/* parking.pml: how a worker goes to sleep and who wakes it (P5, P6), independent of the code's own checker.
 *
 * Two workers, a publisher of two items. Operations are atomic and sequentially consistent: the orders are the
 * business of tests/model/*.cpp and of the litmus tests. Asserted: at the end nothing lies there while everybody
 * sleeps, and the count of searchers is true. An item's body ends only when no item is left, so no item may wait
 * for a busy worker while another sleeps.
 *
 * Mutants (-D): NO_RECHECK, CHECK_FIRST, BUMP_LATE, NO_BATON, TRUST_THE_WORD.
 */
#define WORKERS 2
#define ITEMS 2

byte items = 0;
byte published = 0;
short searching = WORKERS;
bool asleep[WORKERS];   /* the mask */
bool word[WORKERS];     /* the futex words */
bool done = false;      /* the publisher */
byte in_body = 0;

/* Sleepers::notify: one sleeper, unless somebody searches. */
inline notify(w) {
  atomic { w = WORKERS; if :: asleep[0] || asleep[1] -> w = 0 :: else fi }
  if
  :: w == WORKERS
  :: else ->
    if
    :: searching > 0
    :: else ->
      atomic {
        if
        :: asleep[0] -> asleep[0] = false; w = 0
        :: !asleep[0] && asleep[1] -> asleep[1] = false; w = 1
        :: else -> w = WORKERS
        fi
      }
      if
      :: w < WORKERS -> searching++; word[w] = true
      :: else
      fi
    fi
  fi
}

active proctype publisher() {
  byte i = 0, w;
  do
  :: i < ITEMS ->
    items++;
#ifndef BUMP_LATE
    published++;
#endif
    notify(w);
#ifdef BUMP_LATE
    published++;
#endif
    i++
  :: else -> break
  od;
  done = true
}

active [WORKERS] proctype worker() {
  byte me = _pid - 1, w, seen;
  bool last, got, same;
search:
  seen = published;
  atomic { got = items > 0; if :: got -> items-- :: else fi }
  if
  :: got ->
    atomic { searching--; last = searching <= 0 }
#ifndef NO_BATON
    if :: last -> notify(w) :: else fi;
#endif
    in_body++;
    items == 0;          /* the body */
    in_body--;
    searching++;
    goto search
  :: else
  fi;
#ifdef CHECK_FIRST
  same = published == seen;
#endif
  word[me] = false;
  asleep[me] = true;
  searching--;
#ifdef NO_RECHECK
  same = true;
#else
#ifndef CHECK_FIRST
  same = published == seen;
#endif
#endif
  if
  :: same ->
end_asleep:
    word[me]
  :: else
  fi;
#ifdef TRUST_THE_WORD
  if :: same -> skip :: else -> atomic { if :: asleep[me] -> asleep[me] = false; searching++ :: else fi } fi;
#else
  atomic { if :: asleep[me] -> asleep[me] = false; searching++ :: else fi }
#endif
  goto search
}

/* Nobody can go on: `timeout` is true then, and only then. */
active proctype at_rest() {
end_wait:
  timeout ->
  assert(done);
  assert(items == 0 && in_body == 0);
  assert(asleep[0] && asleep[1]);
  assert(searching == 0)
}
