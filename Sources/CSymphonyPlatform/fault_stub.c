// Stands for sy_fault_orders in the program that is deployed: `make release` links with
// --wrap=sy_fault_orders, which turns every call of it into a call of this. A build for tests and one
// to deploy are so the same objects; a macro would compile everything above this module twice.
#include "CSymphonyPlatform.h"

#include <stddef.h>

const struct sy_fault_orders *__wrap_sy_fault_orders(void);
const struct sy_fault_orders *__wrap_sy_fault_orders(void) { return NULL; }
