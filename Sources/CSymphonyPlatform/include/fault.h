#ifndef CSYMPHONY_FAULT_H
#define CSYMPHONY_FAULT_H

/// What a test orders of this process (fault.c).
struct sy_fault_orders {
  /// A deed is about to be done: records it, and ends or stops this process where that was ordered.
  /// `kind` from 0 to 62 and `name` say of which kind it is, `what` and `more` to what it is done; with
  /// `is_counted` it counts for orders for any kind. Returns 0, or the errno that the deed is to fail with.
  int (*_Nonnull reach)(
      int kind, const char *_Nonnull name, const char *_Nonnull what, const char *_Nonnull more,
      int is_counted);
  /// From now on this process is a "tick", a "worker" or a "command", as which it begins.
  void (*_Nonnull take_role)(const char *_Nonnull name);
  /// Stands for the id of the boot; NULL: there is none.
  const char *_Nullable era;
  // When it began: milliseconds since 1970.
  long long era_since;
};
/// NULL: nothing is ordered, as always in a program that was linked to be deployed.
/// Hidden, so that the linker leaves it out where nobody calls it.
__attribute__((visibility("hidden")))
const struct sy_fault_orders *_Nullable sy_fault_orders(void);
#endif
