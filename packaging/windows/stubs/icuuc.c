/* icuuc.dll of Windows 10, which Wine lacks. Qt needs it to load and asks it for rare text encodings only: here, for
   none of them. */

#define EXPORT __declspec(dllexport)
#define UNSUPPORTED 16 /* U_UNSUPPORTED_ERROR */

typedef int Error;
typedef unsigned short Char16;

EXPORT int ucnv_countAvailable(void) { return 0; }
EXPORT const char *ucnv_getAvailableName(int index) { return 0; }
EXPORT const char *ucnv_getStandardName(const char *name, const char *standard, Error *error) {
    *error = UNSUPPORTED;
    return 0;
}
EXPORT void *ucnv_open(const char *name, Error *error) {
    *error = UNSUPPORTED;
    return 0;
}

/* What is left works on a converter, and nobody has one. */
EXPORT void ucnv_close(void *converter) {}
EXPORT void ucnv_reset(void *converter) {}
EXPORT signed char ucnv_getMaxCharSize(void *converter) { return 4; }
EXPORT const char *ucnv_getName(void *converter, Error *error) {
    *error = UNSUPPORTED;
    return 0;
}
EXPORT void ucnv_getFromUCallBack(void *converter, void **action, void **context) { *action = *context = 0; }
EXPORT void ucnv_getToUCallBack(void *converter, void **action, void **context) { *action = *context = 0; }
EXPORT void ucnv_setFromUCallBack(void *converter, void *action, void *context, void *old_action, void *old_context,
                                  Error *error) {
    *error = UNSUPPORTED;
}
EXPORT void ucnv_setToUCallBack(void *converter, void *action, void *context, void *old_action, void *old_context,
                                Error *error) {
    *error = UNSUPPORTED;
}
EXPORT void ucnv_fromUnicode(void *converter, char **target, char *target_end, const Char16 **source,
                             const Char16 *source_end, void *offsets, char flush, Error *error) {
    *error = UNSUPPORTED;
}
EXPORT void ucnv_toUnicode(void *converter, Char16 **target, Char16 *target_end, const char **source,
                           const char *source_end, void *offsets, char flush, Error *error) {
    *error = UNSUPPORTED;
}
EXPORT int ucnv_fromUCountPending(void *converter, Error *error) { return 0; }
EXPORT int ucnv_toUCountPending(void *converter, Error *error) { return 0; }
EXPORT void ucnv_cbToUWriteUChars(void) {}
EXPORT void UCNV_FROM_U_CALLBACK_SUBSTITUTE(void) {}
EXPORT void UCNV_TO_U_CALLBACK_SUBSTITUTE(void) {}
