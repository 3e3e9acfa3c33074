/* barrier.pml: the counting of a barrier (P4), independent of the checker in tests/model.
 *
 * A task was submitted in epoch 1; worker 1 runs it, and it spawns a child, which worker 2 runs. A producer submits
 * from outside, and worker 1 runs that task when it comes in time. Worker 3 comes online, reads the epoch and starts
 * a root in it. The barrier advances the epoch, waits a grace period, sums what is retired, then what is submitted,
 * and ends when the sums are equal. Asserted: all of epoch 1 is done then, and nobody adds to it afterwards.
 * Operations are atomic and sequentially consistent.
 *
 * Mutants (-D): SWAPPED, NO_GRACE, RETIRE_EARLY, COUNT_LATE.
 */
byte epoch = 1;
byte submitted[4], retired[4];       /* in epoch 1: 0 the producer, 1 to 3 the workers */
bool inside = false;                 /* the producer's word is odd */
bool online1 = true, online2 = true, online3 = false;
byte seen1 = 1, seen2 = 1, seen3 = 0;
bool child = false, outer = false;   /* what lies ready */
bool effect1 = false, effect2 = false;
bool over = false;

inline submit(p) { atomic { assert(!over); submitted[p]++ } }

active proctype producer() {
  byte e;
  inside = true;
  e = epoch;
  if
  :: e == 1 -> submit(0); outer = true
  :: else
  fi;
  inside = false
}

active proctype worker1() {
  seen1 = epoch;                     /* a quiescent point before the task */
#ifdef RETIRE_EARLY
  retired[1]++;
#endif
#ifdef COUNT_LATE
  child = true;
  submit(1);
#else
  submit(1);
  child = true;
#endif
  effect1 = true;
#ifndef RETIRE_EARLY
  retired[1]++;
#endif
  if
  :: outer -> retired[1]++
  :: skip
  fi;
  online1 = false
}

active proctype worker2() {
  seen2 = epoch;
  if
  :: child -> effect2 = true; retired[2]++
  fi;
  online2 = false
}

active proctype worker3() {
  byte e;
  online3 = true;
  e = epoch;
  seen3 = e;
  if
  :: e == 1 -> submit(3); retired[3]++
  :: else
  fi;
  online3 = false
}

active proctype barrier() {
  byte r, s;
  epoch = 2;
#ifndef NO_GRACE
  !inside;
  seen1 >= 2 || !online1;
  seen2 >= 2 || !online2;
  seen3 >= 2 || !online3;
#endif
  do
  :: r = 0; s = 0;
#ifdef SWAPPED
     s = s + submitted[0]; s = s + submitted[1]; s = s + submitted[2]; s = s + submitted[3];
#endif
     r = r + retired[0]; r = r + retired[1]; r = r + retired[2]; r = r + retired[3];
#ifndef SWAPPED
     s = s + submitted[0]; s = s + submitted[1]; s = s + submitted[2]; s = s + submitted[3];
#endif
     if
     :: r == s + 1 -> break          /* the task that was there at the start is in no counter of these */
     :: else
     fi
  od;
  atomic { over = true; assert(effect1 && effect2) }
}
