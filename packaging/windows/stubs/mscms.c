/* mscms.dll, the colour profiles of Windows: the one of Wine ends the program in WcsCreateIccProfile, which Qt calls when
   a window opens. Here no profile can be had, as on a computer that has none. */

#include <windows.h>

#define EXPORT __declspec(dllexport)

EXPORT HANDLE WINAPI OpenColorProfileW(void *profile, DWORD access, DWORD sharing, DWORD creation) { return NULL; }
EXPORT HANDLE WINAPI WcsCreateIccProfile(HANDLE profile, DWORD options) { return NULL; }
EXPORT BOOL WINAPI GetColorProfileFromHandle(HANDLE profile, BYTE *buffer, DWORD *size) { return FALSE; }
EXPORT BOOL WINAPI CloseColorProfile(HANDLE profile) { return FALSE; }
