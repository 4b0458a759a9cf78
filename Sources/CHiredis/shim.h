// No pkg-config for hiredis: its flags make SwiftPM warn on every build.
#include <hiredis/hiredis.h>
